import type { Kernel } from "../../../kernel.ts";
import { PAGE_SIZE } from "../../../mm/flags.ts";
import { stateClass } from "../../../state.ts";

const ADDR_NO_RANDOMIZE = 0x0040000;
/** mmap_rnd_bits of an x86-64 kernel. */
const MMAP_RND_BITS = 28;
/** Programs are put at so many different places in turn. */
const LAYOUTS = 4;

/**
 * Where code is put: the distances drawn so far, -1 for one that is still to be drawn. Translated code holds for one
 * address, so a program that is started again and again should find its libraries where an earlier process had them.
 */
class CodePlaces {
  turn = 0;
  mmap: number[] = new Array(LAYOUTS).fill(-1);
  dyn: number[] = new Array(LAYOUTS).fill(-1);
}
stateClass(CodePlaces);

function codePlaces(k: Kernel): CodePlaces {
  let places = k.subsystems.get("codePlaces") as CodePlaces | undefined;
  if (!places) {
    places = new CodePlaces();
    k.subsystems.set("codePlaces", places);
  }
  return places;
}

/** A random number of pages, in bytes; 0 if the process does without. */
export function randomPages(k: Kernel, bits: number): number {
  return k.current.personality & ADDR_NO_RANDOMIZE ? 0 : k.rng.below(2 ** bits) * PAGE_SIZE;
}

function placeOf(k: Kernel, drawn: number[], turn: number): number {
  const random = randomPages(k, MMAP_RND_BITS);
  if (k.current.personality & ADDR_NO_RANDOMIZE) return 0;
  if (drawn[turn] === -1) drawn[turn] = random;
  return drawn[turn]!;
}

/** Bytes between the stack's room and the first mapping, for a new program: the next layout's turn. @linux arch/x86/mm/mmap.c arch_mmap_rnd */
export function archMmapRnd(k: Kernel): number {
  const places = codePlaces(k);
  places.turn = (places.turn + 1) % LAYOUTS;
  return placeOf(k, places.mmap, places.turn);
}

/** The same for where a position-independent program goes, in the layout that `archMmapRnd` has chosen. */
export function dynamicRnd(k: Kernel): number {
  const places = codePlaces(k);
  return placeOf(k, places.dyn, places.turn);
}
