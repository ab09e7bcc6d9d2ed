#pragma once

#include <filesystem>
#include <string>

namespace shelcaster::launch {

/// The file by which a keeper that has ended its show says so to a serve that is away.
inline std::filesystem::path stopped_word(const std::filesystem::path& data_dir,
                                          const std::string& show_id) {
  return data_dir / "run" / (show_id + ".stopped");
}

}  // namespace shelcaster::launch
