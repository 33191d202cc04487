/** A mark feed of a test's own: says who stands on a mound, as the scorer's feed would. */
import { createSocket } from "node:dgram";

/** Above those of the reference rig, so that a played stadium's feed is another source. */
const SOURCE = 60;
export const HEADER = 24;
const PAYLOAD = 20;
const WHATS = { on_mound: 1, inning_start: 4, inning_end: 5 } as const;

let sequence = 1;

/** CRC-32C (Castagnoli), bit by bit: a mark is 44 bytes. */
export function crc32c(bytes: Buffer): number {
  let crc = 0xffff_ffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0x82f6_3b78 : crc >>> 1;
  }
  return (crc ^ 0xffff_ffff) >>> 0;
}

interface Told {
  mound?: number;
  pitcher?: number;
  game_pk?: number;
}

/** One MARK frame (firmware-protocol/SPEC.md) at this machine's time. */
export function mark(what: keyof typeof WHATS, { mound = 0, pitcher = 0, game_pk = 0 }: Told = {}): Buffer {
  const frame = Buffer.alloc(HEADER + PAYLOAD + 4);
  frame.writeUInt16LE(0x4750, 0);
  frame.writeUInt8(1, 2);
  frame.writeUInt8(5, 3);
  frame.writeUInt8(SOURCE, 4);
  frame.writeUInt16LE(PAYLOAD, 6);
  frame.writeUInt32LE(sequence++, 8);
  frame.writeBigUInt64LE(BigInt(Date.now()) * 1_000_000n, 16);
  frame.writeUInt8(WHATS[what], HEADER);
  frame.writeUInt8(mound, HEADER + 1);
  frame.writeUInt32LE(game_pk, HEADER + 8);
  frame.writeUInt32LE(pitcher, HEADER + 12);
  frame.writeUInt32LE(crc32c(frame.subarray(0, HEADER + PAYLOAD)), HEADER + PAYLOAD);
  return frame;
}

/** Sends a mark to a site. */
export async function say(udp: string, frame: Buffer): Promise<void> {
  const [host = "127.0.0.1", port = "0"] = udp.split(":");
  const socket = createSocket("udp4");
  await new Promise<void>((resolve, reject) => socket.send(frame, Number(port), host, (fault) => (fault ? reject(fault) : resolve())));
  socket.close();
}
