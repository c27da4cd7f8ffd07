// A typical bot on discord.js. Only the address is the playground's; discord.js asks it for the gateway's.
const {
  ActionRowBuilder, ActivityType, ButtonBuilder, ButtonStyle, Client, GatewayIntentBits, MessageFlags, ModalBuilder,
  Partials, StringSelectMenuBuilder, TextInputBuilder, TextInputStyle,
} = require("discord.js");
const commands = require("./commands.json");

const intents = [
  "Guilds", "GuildMessages", "GuildMessageReactions", "DirectMessages",
  ...(process.env.PRIVILEGED ? ["GuildMembers", "GuildPresences", "MessageContent"] : []),
];
const client = new Client({
  intents: intents.map((name) => GatewayIntentBits[name]),
  partials: [Partials.Channel, Partials.Message, Partials.Reaction, Partials.GuildMember, Partials.User],
  presence: { status: "idle", activities: [{ name: "letters", type: ActivityType.Watching }] },
  rest: { api: `${process.env.PLAYGROUND_URL}/api` },
  shardCount: Number(process.env.SHARDS ?? 1),
  shards: [...Array(Number(process.env.SHARDS ?? 1)).keys()],
});
const seen = [];

function panel() {
  return [
    new ActionRowBuilder().addComponents(
      new ButtonBuilder().setCustomId("again").setLabel("Again").setStyle(ButtonStyle.Primary),
      new ButtonBuilder().setCustomId("ask").setLabel("Ask").setStyle(ButtonStyle.Primary),
    ),
    new ActionRowBuilder().addComponents(
      new StringSelectMenuBuilder().setCustomId("pick").addOptions(
        { label: "red", value: "red" }, { label: "green", value: "green" },
      ),
    ),
  ];
}

client.once("clientReady", async () => {
  await client.application.commands.set(commands);
  seen.push("ready");
});

client.on("messageCreate", async (message) => {
  if (message.author.id === client.user.id) return;
  if (!message.inGuild()) {
    await message.channel.sendTyping();
    await message.reply(`you wrote ${message.content}`);
  } else if (message.mentions.has(client.user)) {
    await message.channel.sendTyping();
    await message.reply("pong");
  } else if (message.content) {
    await message.channel.send(`read ${message.content}`);
  }
});

client.on("messageReactionAdd", async (reaction, user) => {
  if (user.id === client.user.id) return;
  const message = await reaction.message.fetch();
  const member = await message.guild.members.fetch(user.id);
  await message.react("👍");
  await message.reply(`${reaction.emoji.name} by ${member.displayName}`);
});

client.on("guildMemberRemove", (member) => seen.push(`leave ${member.user.username}`));
client.on("presenceUpdate", (_before, after) => seen.push(`presence ${after.user?.username} ${after.status}`));

const USES = {
  async draw(interaction) {
    await interaction.deferReply();
    const image = interaction.options.getAttachment("image");
    const data = Buffer.from(await (await fetch(image.url)).arrayBuffer());
    const palette = interaction.options.getString("palette") ?? "blue";
    const style = interaction.options.getString("style") ?? "bold";
    const columns = interaction.options.getInteger("columns") ?? 64;
    await interaction.editReply({
      content: `${image.name} ${data.length} ${palette} ${style} ${columns}`,
      files: [{ attachment: data, name: "result.png" }],
      components: panel(),
    });
  },
  async Greet(interaction) {
    await interaction.reply(`hello ${interaction.targetMember.displayName}`);
  },
  async Quote(interaction) {
    await interaction.reply(`> ${interaction.targetMessage.content}`);
  },
  async fetch(interaction) {
    await interaction.deferReply({ flags: MessageFlags.Ephemeral });
    const guild = await client.guilds.fetch({ guild: interaction.guildId, force: true });
    const channel = await client.channels.fetch(interaction.channelId, { force: true });
    const message = await channel.messages.fetch({ message: interaction.options.getString("message"), force: true });
    const member = await guild.members.fetch({ user: interaction.user.id, force: true });
    const mine = [...(await client.guilds.fetch()).values()].map((one) => one.name);
    await interaction.editReply(
      `${guild.name}, ${channel.name}, ${message.content}, ${member.displayName}, ${mine.join(", ")}`,
    );
  },
  async members(interaction) {
    const found = await interaction.guild.members.fetch({ query: interaction.options.getString("query"), limit: 5 });
    await interaction.reply([...found.values()].map((member) => member.user.username).sort().join(" "));
  },
  async whisper(interaction) {
    await interaction.user.send("psst");
    await interaction.reply({ content: "sent", flags: MessageFlags.Ephemeral });
  },
  async report(interaction) {
    const saw = { latency_ms: client.ws.ping, seen };
    await interaction.reply({ content: JSON.stringify(saw), flags: MessageFlags.Ephemeral });
  },
};

client.on("interactionCreate", async (interaction) => {
  if (interaction.isCommand()) {
    await USES[interaction.commandName](interaction);
  } else if (interaction.isAutocomplete()) {
    const found = ["bold", "book", "thin"].filter((style) => style.startsWith(interaction.options.getFocused()));
    await interaction.respond(found.map((style) => ({ name: style, value: style })));
  } else if (interaction.isStringSelectMenu()) {
    await interaction.reply({ content: `picked ${interaction.values[0]}`, flags: MessageFlags.Ephemeral });
  } else if (interaction.isModalSubmit()) {
    await interaction.reply(`hello ${interaction.fields.getTextInputValue("name")}`);
  } else if (interaction.customId === "again") {
    await interaction.update({ content: "again" });
  } else if (interaction.customId === "ask") {
    const field = new TextInputBuilder().setCustomId("name").setLabel("Name").setStyle(TextInputStyle.Short);
    await interaction.showModal(
      new ModalBuilder().setCustomId("form").setTitle("About you").addComponents(
        new ActionRowBuilder().addComponents(field),
      ),
    );
  }
});

process.on("unhandledRejection", console.error);
client.on("error", console.error);
client.login(process.env.TOKEN);
