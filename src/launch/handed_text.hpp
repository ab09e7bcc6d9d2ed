#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.hpp"
#include "base/unique_fd.hpp"

namespace shelcaster::launch {

/// Far more than the settings of a show.
inline constexpr std::size_t kHandedTextBytesMax = std::size_t{64} << 10U;

/// A text for children (PassedFd): in memory, on no disk and in nobody's list of processes. Nobody
/// who has the descriptor can change it.
base::Result<base::UniqueFd> make_handed_text(const char* name, std::string_view text);

/// The whole text, for each who asks. A file does as well: `--settings-fd 3 3< settings.json`.
base::Result<std::string> read_handed_text(int fd);

}  // namespace shelcaster::launch
