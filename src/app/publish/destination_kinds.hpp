#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "app/publish/destination.hpp"
#include "base/bytes.hpp"
#include "base/result.hpp"
#include "base/time.hpp"
#include "link/orders.hpp"

namespace shelcaster::app {

/// What destinations may need of the publisher that makes them.
struct DestinationContext {
  base::Bytes aac_config;                // AudioSpecificConfig of the packets that are pushed
  std::string ca_file;                   // whom to trust for TLS; empty: the system's
  int tape_fd = -1;                      // the publisher's, for who reads again what it has missed
  std::filesystem::path recordings_dir;  // of this show; it need not be there
  base::WallTime epoch;                  // of sample 0
};

/// A sort of destination that the desired state can ask for by its name. HLS is none of them: every
/// show has it, and HlsDestination says why it has no thread of its own.
struct DestinationKind {
  std::string_view name;  // link::OutputTarget::kind
  /// The error says why this target can't be tried at all.
  std::function<base::Result<std::unique_ptr<Destination>>(const link::OutputTarget&,
                                                           const DestinationContext&)>
      make;
  /// The longest that the publisher may wait between two looks at the tape; nothing: as it likes.
  std::optional<base::Duration> read_period;
};

/// Every kind there is: a new one is a row here.
std::span<const DestinationKind> destination_kinds();

}  // namespace shelcaster::app
