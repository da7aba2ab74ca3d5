// Brings the gallery up to date while something is being made, and says at once what the server would refuse later.
// Nothing depends on it: without scripts the page reloads itself.
const slowest = 10_000;
const tiles = () => document.querySelectorAll('[data-live="queued"]');
let wait = 1000;
let isLeaving = false;

async function refresh() {
  if (isLeaving || tiles().length === 0) return;
  wait = document.hidden || !(await update().catch(() => false)) ? Math.min(wait * 1.5, slowest) : 1000;
  setTimeout(refresh, wait);
}

// Replaces the tiles that changed and tells whether there were any. What has the focus is never one of them.
async function update() {
  const response = await fetch(location.href, { headers: { accept: 'text/html' } });
  if (!response.ok) return false;
  const fresh = new DOMParser().parseFromString(await response.text(), 'text/html');
  const progress = fresh.getElementById('progress');
  if (!progress) return location.reload(); // the session ended
  let changed = false;
  for (const tile of tiles()) {
    const next = fresh.getElementById(tile.id);
    if (next?.dataset.live === 'queued') continue;
    if (next) tile.replaceWith(next); else tile.closest('li').remove();
    changed = true;
  }
  const status = document.getElementById('progress');
  if (status.textContent !== progress.textContent) status.textContent = progress.textContent;
  return changed;
}

function watchUpload(form) {
  const file = form.elements.file;
  const button = form.querySelector('button');
  file.addEventListener('change', () => {
    file.setCustomValidity(file.files[0]?.size > Number(form.dataset.max) ? form.dataset.tooLarge : '');
    file.reportValidity();
  });
  form.addEventListener('submit', () => {
    isLeaving = true; // the next page must find the notice that is meant for it
    button.disabled = true;
    button.textContent = 'Uploading…';
  });
}

document.querySelectorAll('form.upload').forEach(watchUpload);
setTimeout(refresh, wait);
