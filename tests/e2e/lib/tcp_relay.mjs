// A way to a server's TCP port that can be cut: for a page that is cut off from everything but its sound.
import { connect, createServer } from 'node:net';

export class TcpRelay {
  #listener;
  #sockets = new Set();
  #isCut = false;

  /** To `port` on loopback. */
  static async start(port) {
    const relay = new TcpRelay();
    relay.#listener = createServer((near) => relay.#carry(near, port));
    await new Promise((resolve, reject) => {
      relay.#listener.on('error', reject);
      relay.#listener.listen(0, '127.0.0.1', resolve);
    });
    relay.port = relay.#listener.address().port;
    return relay;
  }

  #carry(near, port) {
    if (this.#isCut) return near.destroy();
    const far = connect(port, '127.0.0.1');
    const pairs = [
      [near, far],
      [far, near],
    ];
    for (const [one, other] of pairs) {
      this.#sockets.add(one);
      one.pipe(other);
      one.on('error', () => other.destroy());
      one.on('close', () => {
        this.#sockets.delete(one);
        other.destroy();
      });
    }
  }

  /** Ends each connection, and refuses new ones until `restore()`. */
  cut() {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  restore() {
    this.#isCut = false;
  }

  async stop() {
    this.cut();
    await new Promise((resolve) => this.#listener.close(resolve));
  }
}
