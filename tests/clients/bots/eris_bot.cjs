// A typical bot on eris. Only the address is the playground's; eris asks it for the gateway's.
const http = require("node:http");
const Eris = require("eris");
const commands = require("./commands.json");

// eris knows HTTPS alone: the agent takes its requests to an address without TLS.
const { hostname, port } = new URL(process.env.PLAYGROUND_URL);
const agent = Object.assign(new http.Agent({ host: hostname, port, keepAlive: true }), { protocol: "https:" });
const bot = new Eris(`Bot ${process.env.TOKEN}`, {
  intents: [
    "guilds", "guildMessages", "guildMessageReactions", "directMessages",
    ...(process.env.PRIVILEGED ? ["guildMembers", "guildPresences", "messageContent"] : []),
  ],
  maxShards: Number(process.env.SHARDS ?? 1),
  rest: { agent, domain: hostname },
  restMode: true,
});
const seen = [];
const EPHEMERAL = Eris.Constants.MessageFlags.EPHEMERAL;
const PANEL = [
  {
    type: 1,
    components: [
      { type: 2, style: 1, label: "Again", custom_id: "again" },
      { type: 2, style: 1, label: "Ask", custom_id: "ask" },
    ],
  },
  {
    type: 1,
    components: [
      { type: 3, custom_id: "pick", options: [{ label: "red", value: "red" }, { label: "green", value: "green" }] },
    ],
  },
];


bot.once("ready", async () => {
  await bot.bulkEditCommands(commands);
  bot.editStatus("idle", [{ name: "letters", type: 3 }]);
  seen.push("ready");
});

bot.on("messageCreate", async (message) => {
  if (message.author.id === bot.user.id) return;
  const answer = (content) =>
    bot.createMessage(message.channel.id, { content, messageReference: { messageID: message.id } });
  if (!message.guildID) {
    await bot.sendChannelTyping(message.channel.id);
    await answer(`you wrote ${message.content}`);
  } else if (message.mentions.some((user) => user.id === bot.user.id)) {
    await bot.sendChannelTyping(message.channel.id);
    await answer("pong");
  } else if (message.content) {
    await bot.createMessage(message.channel.id, `read ${message.content}`);
  }
});

bot.on("messageReactionAdd", async (partial, emoji, reactor) => {
  if (reactor.id === bot.user.id) return;
  const message = await bot.getMessage(partial.channel.id, partial.id);
  const member = await bot.getRESTGuildMember(partial.guildID ?? message.guildID ?? message.channel.guild.id, reactor.id);
  await message.addReaction("👍");
  await bot.createMessage(message.channel.id, {
    content: `${emoji.name} by ${member.nick ?? member.user.globalName ?? member.username}`,
    messageReference: { messageID: message.id },
  });
});

bot.on("guildMemberRemove", (_guild, member) => seen.push(`leave ${member.user.username}`));
bot.on("presenceUpdate", (member) => seen.push(`presence ${member.user.username} ${member.status}`));

const USES = {
  async draw(interaction, options) {
    await interaction.defer();
    const image = interaction.data.resolved.attachments[options.image];
    const data = Buffer.from(await (await fetch(image.url)).arrayBuffer());
    const { palette = "blue", style = "bold", columns = 64 } = options;
    await interaction.editOriginalMessage(
      { content: `${image.filename} ${data.length} ${palette} ${style} ${columns}`, components: PANEL },
      { file: data, name: "result.png" },
    );
  },
  async Greet(interaction) {
    const member = interaction.data.resolved.members.get(interaction.data.target_id);
    await interaction.createMessage(`hello ${member.nick ?? member.user.globalName ?? member.username}`);
  },
  async Quote(interaction) {
    await interaction.createMessage(`> ${interaction.data.resolved.messages.get(interaction.data.target_id).content}`);
  },
  async fetch(interaction, options) {
    await interaction.defer(EPHEMERAL);
    const guild = await bot.getRESTGuild(interaction.guildID);
    const channel = await bot.getRESTChannel(interaction.channel.id);
    const message = await bot.getMessage(channel.id, options.message);
    const member = await bot.getRESTGuildMember(guild.id, interaction.member.id);
    const mine = (await bot.getRESTGuilds()).map((one) => one.name);
    const name = member.nick ?? member.user.globalName ?? member.username;
    await interaction.createFollowup(`${guild.name}, ${channel.name}, ${message.content}, ${name}, ${mine.join(", ")}`);
  },
  async members(interaction, options) {
    const found = await bot.guilds.get(interaction.guildID).fetchMembers({ query: options.query, limit: 5 });
    await interaction.createMessage(found.map((member) => member.username).sort().join(" "));
  },
  async whisper(interaction) {
    const direct = await bot.getDMChannel(interaction.member.id);
    await direct.createMessage("psst");
    await interaction.createMessage({ content: "sent", flags: EPHEMERAL });
  },
  async report(interaction) {
    const latency = bot.shards.get(0).latency;
    const saw = { latency_ms: Number.isFinite(latency) ? latency : 0, seen };
    await interaction.createMessage({ content: JSON.stringify(saw), flags: EPHEMERAL });
  },
};

bot.on("interactionCreate", async (interaction) => {
  if (interaction instanceof Eris.AutocompleteInteraction) {
    const focused = interaction.data.options.find((option) => option.focused).value;
    const found = ["bold", "book", "thin"].filter((style) => style.startsWith(focused));
    await interaction.result(found.map((style) => ({ name: style, value: style })));
  } else if (interaction instanceof Eris.CommandInteraction) {
    const options = Object.fromEntries((interaction.data.options ?? []).map(({ name, value }) => [name, value]));
    await USES[interaction.data.name](interaction, options);
  } else if (interaction instanceof Eris.ModalSubmitInteraction) {
    await interaction.createMessage(`hello ${interaction.data.components[0].components[0].value}`);
  } else if (interaction.data.custom_id === "again") {
    await interaction.editParent({ content: "again" });
  } else if (interaction.data.custom_id === "ask") {
    const field = { type: 4, custom_id: "name", label: "Name", style: 1 };
    await interaction.createModal({
      title: "About you", custom_id: "form", components: [{ type: 1, components: [field] }],
    });
  } else {
    await interaction.createMessage({ content: `picked ${interaction.data.values[0]}`, flags: EPHEMERAL });
  }
});

process.on("unhandledRejection", console.error);
bot.on("error", console.error);
bot.connect();
