// The network between a page and the server's UDP port, so that a test can take it away and give another one.
import { createSocket } from 'node:dgram';

const HOST = '127.0.0.1';

function bound() {
  return new Promise((resolve, reject) => {
    const socket = createSocket('udp4');
    socket.once('error', reject);
    socket.bind(0, HOST, () => resolve(socket));
  });
}

export class UdpRelay {
  #inner;
  #outer;
  #page = null;
  #serverPort = null;
  #isCut = false;

  static async start() {
    const relay = new UdpRelay();
    relay.#inner = await bound();
    relay.#inner.on('message', (bytes, { port }) => {
      relay.#page = port;
      if (!relay.#isCut && relay.#serverPort) relay.#outer.send(bytes, relay.#serverPort, HOST);
    });
    await relay.#newAddress();
    return relay;
  }

  async #newAddress() {
    const outer = await bound();
    outer.on('message', (bytes) => {
      if (!this.#isCut && this.#page) this.#inner.send(bytes, this.#page, HOST);
    });
    this.#outer?.close();
    this.#outer = outer;
  }

  /** Puts itself into the candidates of an answer or a fragment. */
  rewrite(sdp) {
    return sdp.replace(/^(a=candidate:\S+ 1 udp \d+ )\S+ (\d+)/gim, (_, start, port) => {
      this.#serverPort = Number(port);
      return `${start}${HOST} ${this.#inner.address().port}`;
    });
  }

  /** Nothing gets through any more, in either direction. */
  cut() {
    this.#isCut = true;
  }

  /** Another network: the server sees the page at a new address. */
  async restore() {
    await this.#newAddress();
    this.#isCut = false;
  }

  stop() {
    this.#inner.close();
    this.#outer.close();
  }
}
