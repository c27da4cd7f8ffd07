// The address of a window with people side by side: /?people=mia/general,ada:phone. Each is a person by name, with a
// channel after a slash and ":phone" for a frame of a phone's size.

export const MOST_FRAMES = 4;

export function readPeople(search) {
  const words = (new URLSearchParams(search).get("people") || "").split(",").filter(Boolean).slice(0, MOST_FRAMES);
  return words.map((word) => {
    const [, person, channel, phone] = /^([^/:]*)(?:\/(.*?))?(:phone)?$/.exec(word) || [];
    return { person, channel: channel || "", isPhone: Boolean(phone) };
  }).filter(({ person }) => person);
}

export function peopleAddress(frames) {
  const words = frames.map(({ person, channel, isPhone }) => encodeURIComponent(person) + (channel ? `/${encodeURIComponent(channel)}` : "") + (isPhone ? ":phone" : ""));
  return `/?people=${words.join(",")}`;
}

export function pageAddress({ person, channel }) {
  return `/?as=${encodeURIComponent(person)}${channel ? `&channel=${encodeURIComponent(channel)}` : ""}`;
}
