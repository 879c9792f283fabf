/** Which file systems cannot hold the state database: their locks and shared memory do not work between hosts. */

import { readFileSync, statfsSync, statSync } from 'node:fs';

/** By Linux's magic numbers. */
const NETWORK: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
  [0x01021997, '9p'],
  [0x00c36400, 'Ceph'],
  [0x0bd00bd0, 'Lustre'],
  [0x19830326, 'BeeGFS'],
  [0x47504653, 'GPFS'],
  [0xaad7aaea, 'PanFS'],
  [0xbeefdead, 'StorNext'],
  [0x5346414f, 'AFS'],
  [0x6b414653, 'AFS'],
  [0x73757245, 'Coda'],
  [0x564c, 'NCP'],
  // Shared with the host of a virtual machine.
  [0x786f4256, 'vboxsf'],
  [0xbacbacbc, 'vmhgfs'],
  [0x7c7c6673, 'prl_fs'],
]);

/** All file systems in user space have the same number, the local ones too. */
const FUSE = 0x65735546;

/** Those that lie on another host, by the types of their mounts. */
const FUSE_NETWORK: ReadonlySet<string> = new Set(
  [
    'virtiofs',
    ...'sshfs glusterfs ceph ceph-fuse mfs moosefs lizardfs seaweedfs juicefs cvmfs2'.split(' '),
    ...'s3fs goofys rclone gcsfuse mountpoint-s3 blobfuse blobfuse2 geesefs'.split(' '),
    ...'davfs davfs2 curlftpfs gvfsd-fuse kio-fuse vmhgfs-fuse grpcfuse osxfs prl_fsd'.split(' '),
  ].flatMap((name) => [name, `fuse.${name}`]),
);

/** The name of the network file system that a directory is on, or undefined. Known on Linux only. */
export function networkFileSystemOf(directory: string): string | undefined {
  // Other systems have other numbers.
  if (process.platform !== 'linux') return undefined;
  return nameOf(statfsSync(directory).type, () => {
    const device = deviceOf(statSync(directory).dev);
    return mountTypeOf(readFileSync('/proc/self/mountinfo', 'utf8'), device);
  });
}

/** @param mountType what the type of its mount is; may throw if that cannot be read */
export function nameOf(type: number, mountType: () => string | undefined): string | undefined {
  // Numbers from 2^31 up may come negative.
  const magic = type >>> 0;
  if (magic !== FUSE) return NETWORK.get(magic);
  try {
    const name = mountType();
    return name !== undefined && FUSE_NETWORK.has(name) ? name : undefined;
  } catch {
    return undefined;
  }
}

/** The type of the mount with a device, from `/proc/self/mountinfo`. */
export function mountTypeOf(mountInfo: string, device: string): string | undefined {
  const mount = mountInfo.split('\n').find((line) => line.split(' ')[2] === device);
  return mount?.split(' - ')[1]?.split(' ')[0];
}

/** A device number as `mountinfo` writes it. */
export function deviceOf(dev: number): string {
  return `${(dev >>> 8) & 0xfff}:${(dev & 0xff) | ((dev >>> 12) & 0xfff00)}`;
}
