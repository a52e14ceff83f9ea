import { type MmStruct, Vma, type VmOperations } from "../../../../include/linux/mm_types.ts";
import type { Kernel } from "../../../../kernel.ts";
import {
  PAGE_SIZE,
  pageUp,
  TASK_SIZE,
  VM_DONTDUMP,
  VM_DONTEXPAND,
  VM_EXEC,
  VM_IO,
  VM_MAYEXEC,
  VM_MAYREAD,
  VM_MAYWRITE,
  VM_READ,
} from "../../../../mm/flags.ts";
import { getUnmappedArea } from "../../../../mm/mmap.ts";
import { allocZeroedPage } from "../../../../mm/pageAlloc.ts";
import { insertVma } from "../../../../mm/vma.ts";
import { stateTable } from "../../../../state.ts";
import { ENOMEM } from "../../../../uapi/errno.ts";
import { refreshDataPage, writeDataPage } from "./dataPage.ts";
import { buildVdso } from "./image.ts";
import type { VdsoState } from "./vdsoState.ts";

/** Room above the stack that is looked at: what one page of page-table entries maps. */
const PMD_SIZE = 2 * 1024 * 1024;
const SIZE = 2 * PAGE_SIZE;

function share(k: Kernel, frame: number): number {
  k.machine.phys.get(frame);
  return frame;
}

const codeOps: VmOperations = stateTable("vdso_mapping", {
  name: "[vdso]",
  fault: (k: Kernel, _vma: Vma, pgoff: number): number => (pgoff === 0 ? share(k, k.vdso.codeFrame) : -1),
});
const dataOps: VmOperations = stateTable("vvar_mapping", {
  name: "[vvar]",
  fault: (k: Kernel, _vma: Vma, pgoff: number): number => (pgoff === 0 ? share(k, k.vdso.dataFrame) : -1),
});

/** Makes the two pages. 0 or -ENOMEM. @linux arch/x86/entry/vdso/vma.c init_vdso_image */
function makePages(k: Kernel, vdso: VdsoState): number {
  if (vdso.codeFrame !== 0) return 0;
  const code = allocZeroedPage(k);
  const data = allocZeroedPage(k);
  if (code === 0 || data === 0) return -ENOMEM;
  k.machine.phys.u8.set(buildVdso(), code * PAGE_SIZE);
  vdso.codeFrame = code;
  vdso.dataFrame = data;
  writeDataPage(k, vdso);
  return 0;
}

/** An address above the stack, at random; below everything else if there is no room. @linux arch/x86/entry/vdso/vma.c vdso_addr */
function vdsoAddress(k: Kernel, mm: MmStruct, stackTop: number, randomize: boolean): number {
  const start = pageUp(stackTop);
  const end = Math.min(Math.ceil((start + SIZE) / PMD_SIZE) * PMD_SIZE, TASK_SIZE) - SIZE;
  if (end < start) return getUnmappedArea(mm, 0, SIZE, 0);
  const pages = (end - start) / PAGE_SIZE + 1;
  return start + (randomize ? k.rng.below(pages) * PAGE_SIZE : 0);
}

/** Maps the data page and the vDSO into a new address space. 0 or -errno. @linux arch/x86/entry/vdso/vma.c map_vdso */
export function mapVdso(k: Kernel, mm: MmStruct, stackTop: number, randomize: boolean): number {
  const r = makePages(k, k.vdso);
  if (r < 0) return r;
  const address = vdsoAddress(k, mm, stackTop, randomize);
  if (address < 0) return address;
  const data = new Vma(address, address + PAGE_SIZE, VM_READ | VM_MAYREAD | VM_IO | VM_DONTEXPAND | VM_DONTDUMP);
  data.ops = dataOps;
  insertVma(k, mm, data);
  // Writable for debuggers, which then get a copy.
  const code = new Vma(address + PAGE_SIZE, address + SIZE, VM_READ | VM_EXEC | VM_MAYREAD | VM_MAYWRITE | VM_MAYEXEC | VM_DONTEXPAND);
  code.ops = codeOps;
  insertVma(k, mm, code);
  mm.vdso = address + PAGE_SIZE;
  return 0;
}

/** Brings the data page up to date before a program runs. */
export function updateVdso(k: Kernel): void {
  refreshDataPage(k, k.vdso);
}
