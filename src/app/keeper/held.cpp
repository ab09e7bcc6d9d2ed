#include "app/keeper/held.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "launch/handed_text.hpp"
#include "net/endpoint.hpp"
#include "net/loopback.hpp"
#include "runtime/system_clock.hpp"
#include "runtime/system_random.hpp"

namespace shelcaster::app {

using runtime::SystemClock;

namespace {

// A keeper that was killed has given up its port when its children have ended: a moment later.
constexpr base::Duration kPortWaitMax = std::chrono::seconds(1);
constexpr std::chrono::milliseconds kPortWaitStep{10};
/// What the mixer renders at once.
constexpr base::Duration kBlock = std::chrono::milliseconds(10);

// Only loopback asked for: then nothing else is opened. Else every address, since the one that
// browsers use may be a router's.
std::string bind_address(const std::vector<std::string>& media_addresses) {
  if (media_addresses.size() == 1 && net::is_loopback(media_addresses.front())) {
    return media_addresses.front();
  }
  const bool has_v6 = std::any_of(media_addresses.begin(), media_addresses.end(),
                                  [](const std::string& a) { return a.find(':') != a.npos; });
  return has_v6 ? "::" : "0.0.0.0";
}

/// `last_port`: of the keeper before this one, which firewalls and routers know. 0: none.
base::Result<runtime::UdpSocket> bind_media(const KeeperOptions& options, std::uint16_t last_port) {
  const ShowSettings& settings = options.settings;
  const std::string address = bind_address(settings.media_ip);
  const auto bind = [&](std::uint16_t port) -> base::Result<runtime::UdpSocket> {
    const auto endpoint = net::Endpoint::parse(address, port);
    if (!endpoint) return tl::unexpected(endpoint.error());
    return runtime::UdpSocket::bind(*endpoint);
  };
  const bool has_range = settings.media_port_min != 0;
  const bool is_in_range =
      !has_range || (last_port >= settings.media_port_min && last_port <= settings.media_port_max);
  const base::Instant give_up = SystemClock::now() + kPortWaitMax;
  while (last_port != 0 && is_in_range) {
    auto socket = bind(last_port);
    if (socket) return socket;
    if (SystemClock::now() >= give_up) break;
    std::this_thread::sleep_for(kPortWaitStep);
  }
  if (!has_range) return bind(0);
  // From a random place in the range, so that a port is not used again at once by another show.
  const auto least = static_cast<std::uint64_t>(settings.media_port_min);
  const std::uint64_t count = static_cast<std::uint64_t>(settings.media_port_max) - least + 1U;
  runtime::SystemRandom random;
  const std::uint64_t first = random.below(count);
  for (std::uint64_t i = 0; i < count; ++i) {
    auto socket = bind(static_cast<std::uint16_t>(least + (first + i) % count));
    if (socket) return socket;
  }
  return base::fail(fmt::format("media.port_range: every UDP port from {} to {} is in use",
                                settings.media_port_min, settings.media_port_max));
}

/// Up to one block ago: the blocks of all shows of a machine begin at the same moments. So the one
/// that is rendered finds the codecs' code in the processor's caches, where the show before it has
/// left it. In which of two blocks a show encodes its returns is left to chance.
tape::Epoch begin_epoch() {
  const base::Instant now = SystemClock::now();
  const base::Duration into_block = base::Duration(now.nanoseconds()) % kBlock;
  const auto into_block_ms = std::chrono::duration_cast<std::chrono::milliseconds>(into_block);
  return {
      .monotonic = now - into_block,
      .wall = base::WallTime::from_unix_ms(SystemClock::wall().unix_ms() - into_block_ms.count())};
}

}  // namespace

base::Result<Held> make_held(const KeeperOptions& options, const ShowNote& note) {
  auto socket = bind_media(options, note.media_port);
  if (!socket) return tl::unexpected(socket.error());
  auto tape = tape::create_tape(static_cast<int>(options.settings.tape_s), begin_epoch());
  if (!tape) return tl::unexpected(tape.error());
  auto reader = tape::TapeReader::attach(tape->fd());
  if (!reader) return tl::unexpected(reader.error());
  auto checkpoint = tape::Checkpoint::create();
  if (!checkpoint) return tl::unexpected(checkpoint.error());
  auto settings = launch::make_handed_text("settings", to_text(options.settings));
  if (!settings) return tl::unexpected(settings.error());
  return Held{std::move(*socket), std::move(*tape), std::move(*reader), std::move(*checkpoint),
              std::move(*settings)};
}

}  // namespace shelcaster::app
