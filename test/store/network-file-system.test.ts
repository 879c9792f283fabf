import { readFileSync, statSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  deviceOf,
  mountTypeOf,
  nameOf,
  networkFileSystemOf,
} from '../../src/store/sqlite/network-file-system.ts';

const FUSE = 0x65735546;
const MOUNTS = [
  '22 27 0:21 / /proc rw,relatime - proc proc rw',
  '27 1 254:0 / / rw - ext4 /dev/vda rw',
  '40 27 0:45 / /mnt/my\\040disk rw shared:7 - fuse.sshfs user@host:/ rw,user_id=0',
  '41 27 8:17 / /media/usb rw master:2 propagate_from:1 - fuseblk /dev/sdb1 rw',
].join('\n');

test.each([
  [0x6969, 'NFS'],
  [0xff534d42, 'CIFS'],
  // The same number as a signed 32-bit integer, as some systems give it.
  [0xff534d42 | 0, 'CIFS'],
  [0xaad7aaea | 0, 'PanFS'],
  [0x01021997, '9p'],
  // ext4, Btrfs, tmpfs and overlay.
  [0xef53, undefined],
  [0x9123683e, undefined],
  [0x01021994, undefined],
  [0x794c7630, undefined],
])('the network file system of the number %i is %s', (type, name) => {
  expect(nameOf(type, () => undefined)).toBe(name);
});

test.each(['virtiofs', 'fuse.virtiofs', 'fuse.sshfs', 'fuse.ceph-fuse'])(
  'a file system in user space of the type %s is on another host',
  (mount) => expect(nameOf(FUSE, () => mount)).toBe(mount),
);

test.each(['fuseblk', 'fuse.mergerfs', 'fuse', undefined])(
  'one of the type %s may be local',
  (mount) => expect(nameOf(FUSE, () => mount)).toBeUndefined(),
);

test('one whose mount cannot be read may be local', () => {
  const unreadable = () => {
    throw new Error('EACCES');
  };
  expect(nameOf(FUSE, unreadable)).toBeUndefined();
});

test('the type of a mount is found by its device', () => {
  expect(mountTypeOf(MOUNTS, '0:45')).toBe('fuse.sshfs');
  expect(mountTypeOf(MOUNTS, '8:17')).toBe('fuseblk');
  expect(mountTypeOf(MOUNTS, '0:4')).toBeUndefined();
});

test.runIf(process.platform === 'linux')('devices are written as the system writes them', () => {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8');
  expect(mountTypeOf(mounts, deviceOf(statSync('/proc').dev))).toBe('proc');
  expect(deviceOf(0xfe00)).toBe('254:0');
  expect(deviceOf(0x100002d)).toBe('0:4141');
  expect(networkFileSystemOf('/proc')).toBeUndefined();
});
