import type { File, FileOperations, Inode } from "../include/linux/fs.ts";
import type { Kernel } from "../kernel.ts";
import { stateTable } from "../state.ts";
import { ENXIO } from "../uapi/errno.ts";

/** struct stat's device number: 12 bits of major, 20 bits of minor. @linux include/linux/kdev_t.h new_encode_dev */
export function makedev(major: number, minor: number): number {
  return ((minor & 0xff) | ((major & 0xfff) << 8)) + (minor & 0xfff00) * 4096;
}

/** Major number of a device number. */
export function major(dev: number): number {
  return (dev >>> 8) & 0xfff;
}

/** Minor number of a device number. */
export function minor(dev: number): number {
  return (dev & 0xff) | ((dev >>> 12) & 0xfff00);
}

interface CharDevice {
  readonly name: string;
  readonly fops: FileOperations;
}

/** Static: drivers register at load time. Keys are major * 2^20 + minor, or the major alone for all of its minors. */
const byNumber = new Map<number, CharDevice>();
const byMajor = new Map<number, CharDevice>();

/** Registers the operations of a device (minor -1: of all minors) under the name that /proc/devices shows. @linux fs/char_dev.c __register_chrdev */
export function registerChrdev(majorNr: number, minorNr: number, name: string, fops: FileOperations): void {
  if (minorNr < 0) byMajor.set(majorNr, { name, fops });
  else byNumber.set(majorNr * 0x100000 + minorNr, { name, fops });
}

/** Character majors and their names in order of number, as /proc/devices lists them. @linux fs/char_dev.c chrdev_show */
export function chrdevNames(): [number, string][] {
  const out = new Map<string, [number, string]>();
  for (const [nr, d] of byMajor) out.set(`${nr} ${d.name}`, [nr, d.name]);
  for (const [nr, d] of byNumber) out.set(`${Math.floor(nr / 0x100000)} ${d.name}`, [Math.floor(nr / 0x100000), d.name]);
  return [...out.values()].sort((a, b) => a[0] - b[0]);
}

/** Gives an open file the operations of the device behind its inode and opens that. -ENXIO without a driver. @linux fs/char_dev.c chrdev_open */
export function chrdevOpen(k: Kernel, inode: Inode, file: File): number {
  const majorNr = major(inode.rdev);
  const device = byNumber.get(majorNr * 0x100000 + minor(inode.rdev)) ?? byMajor.get(majorNr);
  if (!device) return -ENXIO;
  file.op = device.fops;
  return device.fops.open ? device.fops.open(k, inode, file) : 0;
}

/** What an inode of a character device has until it is opened. @linux fs/char_dev.c def_chr_fops */
export const chrdevFops: FileOperations = stateTable("def_chr_fops", { open: chrdevOpen });
