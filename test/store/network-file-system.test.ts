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
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
  // The same number as a signed 32-bit integer, as some systems give it.
  [0xff534d42 | 0, 'CIFS'],
  [0x01021997, '9p'],
  [0x00c36400, 'Ceph'],
  [0x0bd00bd0, 'Lustre'],
  [0x19830326, 'BeeGFS'],
  [0x47504653, 'GPFS'],
  [0xaad7aaea | 0, 'PanFS'],
  [0x5346414f, 'AFS'],
  [0x786f4256, 'vboxsf'],
])('file system %i is %s', (type, name) => {
  expect(nameOf(type, () => undefined)).toBe(name);
});

test.each([
  ['ext4', 0xef53],
  ['XFS', 0x58465342],
  ['Btrfs', 0x9123683e],
  ['tmpfs', 0x01021994],
  ['overlay', 0x794c7630],
  ['ZFS', 0x2fc12fc1],
])('%s is a local file system', (_name, type) => {
  expect(nameOf(type, () => undefined)).toBeUndefined();
});

test.each([
  'virtiofs',
  'fuse.virtiofs',
  'fuse.sshfs',
  'fuse.s3fs',
  'fuse.ceph-fuse',
  'fuse.rclone',
])('a file system in user space of the type %s is on another host', (mount) =>
  expect(nameOf(FUSE, () => mount)).toBe(mount),
);

test.each(['fuseblk', 'fuse.fuse-overlayfs', 'fuse.mergerfs', 'fuse.gocryptfs', 'fuse', undefined])(
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
