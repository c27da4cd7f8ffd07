// A press on what is drawn anew before it is let go is lost: `click` goes to what both took place in. So what others
// do is shown after the release; not much later, since who selects text holds the button for longer.

const LONGEST_MS = 2000;
const waiting = [];
let isPressed = false;
let timer = 0;

// Call `work` now, or as soon as nothing is pressed in this window.
export function afterPress(work) {
  if (isPressed) waiting.push(work);
  else work();
}

function release() {
  clearTimeout(timer);
  isPressed = false;
  waiting.splice(0).forEach(queueMicrotask); // an error in one of them stops no other
}

addEventListener("pointerdown", () => {
  isPressed = true;
  clearTimeout(timer);
  timer = setTimeout(release, LONGEST_MS);
}, true);
for (const name of ["pointerup", "pointercancel"]) addEventListener(name, () => setTimeout(release), true); // `click` comes first
