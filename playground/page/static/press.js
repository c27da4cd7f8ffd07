// A press on what is drawn anew before it is let go is lost: `click` goes to what both took place in. So what others
// do is shown after the release; not much later, since who selects text holds the button for longer.

const LONGEST_MS = 2000;
const TAP_MS = 400;
const waiting = [];
let isPressed = false;
let timer = 0;

// Call `work` now, or as soon as nothing is pressed in this window.
export function afterPress(work) {
  if (isPressed) waiting.push(work);
  else work();
}

function release() {
  isPressed = false;
  waiting.splice(0).forEach(queueMicrotask); // an error in one of them stops no other
}

function releaseAfter(ms) {
  clearTimeout(timer);
  timer = setTimeout(release, ms);
}

addEventListener("pointerdown", (event) => {
  if (!event.isPrimary) return; // a second finger
  isPressed = true;
  releaseAfter(LONGEST_MS);
}, true);
for (const name of ["pointerup", "pointercancel"]) {
  // `click` comes first: with a mouse at once, after a tap as an event of its own.
  addEventListener(name, (event) => event.isPrimary && releaseAfter(event.pointerType === "mouse" ? 0 : TAP_MS), true);
}
