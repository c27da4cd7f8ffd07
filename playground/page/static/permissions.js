// Discord's permissions by name and group as its role settings show them.
// https://docs.discord.com/developers/topics/permissions#permissions-bitwise-permission-flags

// [bit, name, "T" where any channel may change it, "V" where one with voice may]; the others are for the whole server.
export const GROUPS = [
  ["General server permissions", [
    [10, "View Channels", "T"], [4, "Manage Channels", "T"], [28, "Manage Roles", "T"], [43, "Create Expressions"], [30, "Manage Expressions"],
    [7, "View Audit Log"], [19, "View Server Insights"], [29, "Manage Webhooks", "T"], [5, "Manage Server"]]],
  ["Membership permissions", [
    [0, "Create Invite", "T"], [26, "Change Nickname"], [27, "Manage Nicknames"], [1, "Kick Members"], [2, "Ban Members"], [40, "Timeout Members"]]],
  ["Text channel permissions", [
    [11, "Send Messages", "T"], [38, "Send Messages in Threads", "T"], [35, "Create Public Threads", "T"], [36, "Create Private Threads", "T"],
    [14, "Embed Links", "T"], [15, "Attach Files", "T"], [6, "Add Reactions", "T"], [18, "Use External Emoji", "T"], [37, "Use External Stickers", "T"],
    [17, "Mention @everyone, @here, and All Roles", "T"], [13, "Manage Messages", "T"], [51, "Pin Messages", "T"], [52, "Bypass Slowmode", "T"], [34, "Manage Threads", "T"],
    [16, "Read Message History", "T"], [12, "Send Text-to-Speech Messages", "T"], [46, "Send Voice Messages", "T"], [49, "Create Polls", "T"]]],
  ["Voice channel permissions", [
    [20, "Connect", "V"], [21, "Speak", "V"], [9, "Video", "V"], [42, "Use Soundboard", "V"], [45, "Use External Sounds", "V"], [25, "Use Voice Activity", "V"], [8, "Priority Speaker", "V"],
    [22, "Mute Members", "V"], [23, "Deafen Members", "V"], [24, "Move Members", "V"], [48, "Set Voice Channel Status", "V"]]],
  ["Apps permissions", [
    [31, "Use Application Commands", "T"], [39, "Use Activities", "T"], [50, "Use External Apps", "T"]]],
  ["Stage channel permissions", [[32, "Request to Speak", "V"]]],
  ["Events permissions", [[44, "Create Events"], [33, "Manage Events"]]],
  ["Advanced permissions", [[3, "Administrator"]]],
];

export const bit = (number) => 1n << BigInt(number);
export const ADMINISTRATOR = bit(3), VIEW_CHANNEL = bit(10), SEND_MESSAGES = bit(11), MANAGE_MESSAGES = bit(13), PIN_MESSAGES = bit(51), USE_COMMANDS = bit(31);
export const MANAGE_THREADS = bit(34), CREATE_THREADS = bit(35), SEND_IN_THREADS = bit(38);
