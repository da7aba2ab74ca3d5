// Files to upload, made as they are needed.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const folder = mkdtempSync(join(tmpdir(), 'monolith-photos-'));
process.on('exit', () => rmSync(folder, { recursive: true }));

const vips = (...args) => execFileSync('vips', args, { cwd: folder, stdio: 'pipe' });

// A JPEG with soft shapes and some grain, in colour, as a camera's: width × height, different for each seed.
export function jpeg(name, width, height, seed = 1) {
  for (const [band, mean] of [['r', 140], ['g', 120], ['b', 150]]) {
    vips('perlin', 'soft.v', width, height, '--cell-size', '512', '--seed', `${seed}${band.charCodeAt(0)}`);
    vips('linear', 'soft.v', 'wide.v', '110', `${mean}`);
    vips('gaussnoise', 'grain.v', width, height, '--sigma', '6', '--mean', '0');
    vips('add', 'wide.v', 'grain.v', 'sum.v');
    vips('cast', 'sum.v', `${band}.v`, 'uchar');
  }
  vips('bandjoin', 'r.v g.v b.v', 'rgb.v');
  vips('copy', 'rgb.v', `${name}[Q=90]`, '--interpretation', 'srgb');
  return join(folder, name);
}

// A text that calls itself a JPEG.
export function text(name) {
  writeFileSync(join(folder, name), 'This is no photo.\n'.repeat(1000));
  return join(folder, name);
}

// A file of a given length, of zeros.
export function large(name, bytes) {
  writeFileSync(join(folder, name), '');
  truncateSync(join(folder, name), bytes);
  return join(folder, name);
}
