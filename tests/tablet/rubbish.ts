/** Those who send a box what it cannot use: a broker with sensors behind it, senders of datagrams, holders of wrong keys. */
import { spawn, type ChildProcess } from "node:child_process";
import { createSocket } from "node:dgram";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { freePort, until } from "./stadium";

const MOSQUITTO = ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto", "/usr/bin/mosquitto"].find((place) => existsSync(place));

export interface Broker {
  url: string;
  /** Publishes one message, once. */
  publish: (topic: string, payload: string) => Promise<void>;
  stop: () => void;
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });

/** A real broker; null with a word on stderr where mosquitto is not installed. */
export async function broker(): Promise<Broker | null> {
  if (MOSQUITTO === undefined) {
    console.error("SKIPPED: mosquitto is not installed; `make setup` installs it");
    return null;
  }
  const port = await freePort();
  const dir = mkdtempSync(join(tmpdir(), "pitchguard-broker-"));
  writeFileSync(join(dir, "broker.conf"), `listener ${port} 127.0.0.1\nallow_anonymous true\npersistence false\nuser root\n`);
  const child: ChildProcess = spawn(MOSQUITTO, ["-c", join(dir, "broker.conf")], { stdio: "ignore" });
  const stop = (): void => {
    child.kill("SIGKILL");
    rmSync(dir, { recursive: true, force: true });
  };
  process.on("exit", stop);
  await until("the broker answers", () => answers(port), 20_000, 50);
  return { url: `mqtt://127.0.0.1:${port}`, publish: (topic, payload) => publish(port, topic, payload), stop };
}

/** One MQTT 3.1.1 message at most once, on a connection of its own. */
function publish(port: number, topic: string, payload: string): Promise<void> {
  const text = (value: string): Buffer => {
    const bytes = Buffer.from(value);
    return Buffer.concat([Buffer.from([bytes.length >> 8, bytes.length & 255]), bytes]);
  };
  const packet = (kind: number, ...parts: Buffer[]): Buffer => {
    const body = Buffer.concat(parts);
    const length = body.length < 128 ? [body.length] : [(body.length & 127) | 128, body.length >> 7];
    return Buffer.concat([Buffer.from([kind, ...length]), body]);
  };
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1");
    socket.on("error", reject);
    socket.on("close", () => resolve());
    socket.write(packet(0x10, text("MQTT"), Buffer.from([4, 2, 0, 60]), text(`rubbish-${Math.random().toString(36).slice(2)}`)));
    socket.once("data", () => socket.end(Buffer.concat([packet(0x30, text(topic), Buffer.from(payload)), Buffer.from([0xe0, 0])])));
  });
}

/** Sends one datagram to a site. */
export async function datagram(udp: string, bytes: Buffer | string): Promise<void> {
  const [host = "127.0.0.1", port = "0"] = udp.split(":");
  const socket = createSocket("udp4");
  await new Promise<void>((resolve, reject) => socket.send(bytes, Number(port), host, (fault) => (fault ? reject(fault) : resolve())));
  socket.close();
}

/** Shows a key to a box and tells the status of its answer. */
export async function showKey(url: string, key: string): Promise<number> {
  const body = JSON.stringify({ key });
  return (await fetch(`${url}/api/session`, { method: "POST", headers: { "content-type": "application/json" }, body })).status;
}
