// A typical bot on oceanic.js. Only the address is the playground's; oceanic.js asks it for the gateway's.
const { Client, MessageFlags } = require("oceanic.js");
const commands = require("./commands.json");

const bot = new Client({
  auth: `Bot ${process.env.TOKEN}`,
  rest: { baseURL: `${process.env.PLAYGROUND_URL}/api/v10` },
  gateway: {
    intents: [
      "GUILDS", "GUILD_MESSAGES", "GUILD_MESSAGE_REACTIONS", "DIRECT_MESSAGES",
      ...(process.env.PRIVILEGED ? ["GUILD_MEMBERS", "GUILD_PRESENCES", "MESSAGE_CONTENT"] : []),
    ],
    maxShards: Number(process.env.SHARDS ?? 1),
    presence: { status: "idle", activities: [{ name: "letters", type: 3 }] },
  },
});
const seen = [];
const PANEL = [
  {
    type: 1,
    components: [
      { type: 2, style: 1, label: "Again", customID: "again" },
      { type: 2, style: 1, label: "Ask", customID: "ask" },
    ],
  },
  {
    type: 1,
    components: [
      { type: 3, customID: "pick", options: [{ label: "red", value: "red" }, { label: "green", value: "green" }] },
    ],
  },
];
// oceanic.js writes names in camel case.
const asOceanic = ({ options, ...command }) => ({
  ...command,
  options: options?.map(({ min_value: minValue, max_value: maxValue, ...option }) => ({ ...option, minValue, maxValue })),
});

bot.once("ready", async () => {
  await bot.application.bulkEditGlobalCommands(commands.map(asOceanic));
  seen.push("ready");
});

bot.on("messageCreate", async (message) => {
  if (message.author.id === bot.user.id) return;
  const { channels } = bot.rest;
  const messageReference = { messageID: message.id };
  if (!message.guildID) {
    await channels.sendTyping(message.channelID);
    await channels.createMessage(message.channelID, { content: `you wrote ${message.content}`, messageReference });
  } else if (message.mentions.users.some((user) => user.id === bot.user.id)) {
    await channels.sendTyping(message.channelID);
    await channels.createMessage(message.channelID, { content: "pong", messageReference });
  } else if (message.content) {
    await channels.createMessage(message.channelID, { content: `read ${message.content}` });
  }
});

bot.on("messageReactionAdd", async (partial, reactor, reaction) => {
  if (reactor.id === bot.user.id) return;
  const message = await bot.rest.channels.getMessage(partial.channelID, partial.id);
  const member = await bot.rest.guilds.getMember(partial.guildID, reactor.id);
  await message.createReaction("👍");
  await bot.rest.channels.createMessage(message.channelID, {
    content: `${reaction.emoji.name} by ${member.displayName}`, messageReference: { messageID: message.id },
  });
});

bot.on("guildMemberRemove", (member) => seen.push(`leave ${(member.user ?? member).username}`));
bot.on("presenceUpdate", (_guild, member, presence) => seen.push(`presence ${member.user?.username} ${presence.status}`));

const USES = {
  async draw(interaction) {
    await interaction.defer();
    const { options } = interaction.data;
    const image = options.getAttachment("image");
    const data = Buffer.from(await (await fetch(image.url)).arrayBuffer());
    const palette = options.getString("palette") ?? "blue";
    const style = options.getString("style") ?? "bold";
    const columns = options.getInteger("columns") ?? 64;
    await interaction.editOriginal({
      content: `${image.filename} ${data.length} ${palette} ${style} ${columns}`,
      files: [{ contents: data, name: "result.png" }],
      components: PANEL,
    });
  },
  async Greet(interaction) {
    const member = interaction.data.resolved.members.get(interaction.data.targetID);
    await interaction.createMessage({ content: `hello ${member.displayName}` });
  },
  async Quote(interaction) {
    const message = interaction.data.resolved.messages.get(interaction.data.targetID);
    await interaction.createMessage({ content: `> ${message.content}` });
  },
  async fetch(interaction) {
    await interaction.defer(MessageFlags.EPHEMERAL);
    const guild = await bot.rest.guilds.get(interaction.guildID);
    const channel = await bot.rest.channels.get(interaction.channelID);
    const message = await bot.rest.channels.getMessage(channel.id, interaction.data.options.getString("message"));
    const member = await bot.rest.guilds.getMember(guild.id, interaction.user.id);
    const mine = (await bot.rest.oauth.getCurrentGuilds()).map((one) => one.name);
    await interaction.createFollowup({
      content: `${guild.name}, ${channel.name}, ${message.content}, ${member.displayName}, ${mine.join(", ")}`,
    });
  },
  async members(interaction) {
    const query = interaction.data.options.getString("query");
    const found = await interaction.guild.fetchMembers({ query, limit: 5 });
    await interaction.createMessage({ content: found.map((member) => member.username).sort().join(" ") });
  },
  async whisper(interaction) {
    const direct = await interaction.user.createDM();
    await direct.createMessage({ content: "psst" });
    await interaction.createMessage({ content: "sent", flags: MessageFlags.EPHEMERAL });
  },
  async report(interaction) {
    const { latency } = bot.shards.get(0);
    const saw = { latency_ms: Number.isFinite(latency) ? latency : 0, seen };
    await interaction.createMessage({ content: JSON.stringify(saw), flags: MessageFlags.EPHEMERAL });
  },
};

bot.on("interactionCreate", async (interaction) => {
  if (interaction.isCommandInteraction()) {
    await USES[interaction.data.name](interaction);
  } else if (interaction.isAutocompleteInteraction()) {
    const { value } = interaction.data.options.getFocused();
    const found = ["bold", "book", "thin"].filter((style) => style.startsWith(value));
    await interaction.result(found.map((style) => ({ name: style, value: style })));
  } else if (interaction.isModalSubmitInteraction()) {
    await interaction.createMessage({ content: `hello ${interaction.data.components.getTextInput("name")}` });
  } else if (interaction.isSelectMenuComponentInteraction()) {
    const [chosen] = interaction.data.values.getStrings();
    await interaction.createMessage({ content: `picked ${chosen}`, flags: MessageFlags.EPHEMERAL });
  } else if (interaction.data.customID === "again") {
    await interaction.editParent({ content: "again" });
  } else if (interaction.data.customID === "ask") {
    const field = { type: 4, customID: "name", label: "Name", style: 1 };
    await interaction.createModal({
      title: "About you", customID: "form", components: [{ type: 1, components: [field] }],
    });
  }
});

process.on("unhandledRejection", console.error);
bot.on("error", console.error);
bot.connect();
