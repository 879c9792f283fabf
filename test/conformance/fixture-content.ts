/** The smallest real PNG and WAV files, in Base64. */

export const PNG =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';

export const WAV = wav().toString('base64');

/** A header and one silent sample: mono, 8 kHz, 8 bits. */
function wav(): Buffer {
  const bytes = Buffer.alloc(45);
  bytes.write('RIFF', 0);
  bytes.writeUInt32LE(37, 4);
  bytes.write('WAVEfmt ', 8);
  bytes.writeUInt32LE(16, 16);
  bytes.writeUInt16LE(1, 20);
  bytes.writeUInt16LE(1, 22);
  bytes.writeUInt32LE(8000, 24);
  bytes.writeUInt32LE(8000, 28);
  bytes.writeUInt16LE(1, 32);
  bytes.writeUInt16LE(8, 34);
  bytes.write('data', 36);
  bytes.writeUInt32LE(1, 40);
  bytes.writeUInt8(128, 44);
  return bytes;
}
