#pragma once

#include <string>
#include <string_view>

// What files in spool/ are called, so that it can be seen whose they are.
namespace shelcaster::app {

inline constexpr std::string_view kUploadPrefix = "upload~";

/// How the file of an upload begins: `owner` is a show's id, or "" for the station.
inline std::string upload_prefix(std::string_view owner) {
  return std::string(kUploadPrefix) + std::string(owner.empty() ? "station" : owner) + "~";
}

/// One whose track exists, and which is kept through a restart.
inline std::string kept_upload_name(std::string_view owner, std::string_view track_id) {
  return upload_prefix(owner) + "of~" + std::string(track_id);
}

/// The track's id; empty: it is another file.
inline std::string_view track_of_upload(std::string_view name) {
  if (!name.starts_with(kUploadPrefix)) return {};
  constexpr std::string_view kOf = "~of~";
  const std::size_t at = name.find(kOf);
  return at == std::string_view::npos ? std::string_view() : name.substr(at + kOf.size());
}

}  // namespace shelcaster::app
