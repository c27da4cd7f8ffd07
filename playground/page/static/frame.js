// This page as one of several side by side: what its address asks for, and what the window around it is told.

export const isFramed = window.parent !== window;
export const wanted = Object.fromEntries(new URLSearchParams(location.search)); // {as, channel}, both by name or id

function tellFrame(name, detail) {
  window.frameElement.dispatchEvent(new CustomEvent(name, { detail }));
}

// Where the person is. A page of its own that was opened by such an address keeps it true.
export function tellPlace(person, channel) {
  if (isFramed) tellFrame("place", channel);
  else if (wanted.as || wanted.channel) history.replaceState(null, "", `/?as=${person}&channel=${encodeURIComponent(channel)}`);
}

if (isFramed) {
  document.body.classList.add("framed");
  document.addEventListener("keydown", (event) => {
    if (event.key !== "F6") return;
    event.preventDefault();
    tellFrame("leave", event.shiftKey ? -1 : 1);
  });
}
