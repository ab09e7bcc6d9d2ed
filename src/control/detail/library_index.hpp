#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "store/store.hpp"
#include "studio/model.hpp"

namespace shelcaster::control::detail {

/// Of every track, or every tracklist: whose it is, when it was made and what can be looked for in
/// it. Some 150 bytes for each, and 8 for each track of a list, so that a library is searched
/// without its documents being read. It holds what it was given; Core::library() keeps it true.
class LibraryIndex {
 public:
  /// In order of creation.
  struct Place {
    std::int64_t created_ms = 0;
    std::string id;
    friend auto operator<=>(const Place&, const Place&) = default;
  };
  struct Entry {
    std::int64_t version = 0;
    studio::Owner owner;
    std::size_t tracks = 0;            // of a list
    std::vector<std::uint64_t> marks;  // sorted
  };
  using Entries = std::map<Place, Entry>;

  /// What stands for one thing that can be looked for; two of 2^64 may be the same.
  static std::uint64_t mark_of_track(const studio::TrackId&);  // in a list
  static std::uint64_t mark_of_source(std::string_view url);
  static std::uint64_t mark_of_music(std::string_view content_hash);

  /// As the body says it, whether all of it can be read or not.
  void put(const store::Key&, std::int64_t version, const boost::json::object& body);
  void remove(const std::string& id);
  /// Its next reading is to be taken, whatever its version.
  void doubt(const std::string& id);
  /// Removes what isn't there, and gives the ids of what is there in another version.
  std::vector<std::string> differing(const std::vector<store::Version>& there);

  [[nodiscard]] const Entry* find(const std::string& id) const;
  [[nodiscard]] const Entries& entries() const { return entries_; }
  /// Of those that have one of the marks, in order of creation.
  [[nodiscard]] std::vector<std::string> with(const std::set<std::uint64_t>& marks) const;

 private:
  Entries entries_;
  std::map<std::string, std::int64_t> created_ms_;  // by id
};

}  // namespace shelcaster::control::detail
