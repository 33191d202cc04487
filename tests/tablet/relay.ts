/** A network on which some devices' clocks are wrong: passes frames on with other event times, as if they were stamped so. */
import { createSocket } from "node:dgram";

import { crc32c, HEADER } from "./marks";
import { freePort } from "./stadium";

/** Bytes of a frame (firmware-protocol/SPEC.md): what it begins with, where source, payload and event time are, and its checksum. */
const MAGIC = 0x4750;
const SOURCE_AT = 4;
const PAYLOAD_AT = 6;
const EVENT_AT = 16;
const CHECKSUM = 4;

/** Frames of a datagram, each with its event time so much later, ms, as its source's clock is. */
function stamped(datagram: Buffer, ahead: (source: number) => number): Buffer {
  for (let at = 0; at + HEADER <= datagram.length && datagram.readUInt16LE(at) === MAGIC; ) {
    const end = at + HEADER + datagram.readUInt16LE(at + PAYLOAD_AT);
    const shift = ahead(datagram.readUInt8(at + SOURCE_AT));
    if (shift !== 0) {
      datagram.writeBigUInt64LE(datagram.readBigUInt64LE(at + EVENT_AT) + BigInt(shift) * 1_000_000n, at + EVENT_AT);
      datagram.writeUInt32LE(crc32c(datagram.subarray(at, end)), end);
    }
    at = end + CHECKSUM;
  }
  return datagram;
}


/** Where a stadium sends to instead of to the box; unsigned frames only. */
export async function relay(to: string, ahead: (source: number) => number): Promise<{ udp: string; stop: () => void }> {
  const [host = "127.0.0.1", port = "0"] = to.split(":");
  const [heard, said] = [createSocket({ type: "udp4", recvBufferSize: 4_000_000 }), createSocket("udp4")];
  const own = await freePort();
  await new Promise<void>((resolve) => heard.bind(own, "127.0.0.1", resolve));
  heard.on("message", (datagram) => said.send(stamped(datagram, ahead), Number(port), host));
  return {
    udp: `127.0.0.1:${own}`,
    stop: () => {
      heard.close();
      said.close();
    },
  };
}
