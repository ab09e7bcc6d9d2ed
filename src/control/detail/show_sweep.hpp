#pragma once

#include <deque>
#include <optional>
#include <string>

#include "studio/model.hpp"

namespace shelcaster::control::detail {

class Change;
class Core;
struct Desk;

/// Takes away what a deleted show leaves: its people, commands, outputs, sessions, what was its own
/// in the library, tracklists and tracks with their files, and what its processes left on the disk,
/// recordings above all. They may be thousands, or gigabytes, so they go a few at a time. The show
/// itself is gone for everybody with the one change that deletes it, which also notes in the store
/// that the rest still goes: a process that ends meanwhile leaves nothing lying about.
class ShowSweep {
 public:
  /// Into the change that deletes a show; begin() after its commit.
  static void prepare(const studio::ShowId&, Change&);
  /// Whether something of a deleted show is left.
  static bool is_ended(Core&, const studio::ShowId&);
  /// Takes the first few at once.
  void begin(Desk&, const studio::ShowId&);
  /// Goes on with what the last process left to do.
  void recover(Desk&);
  void handle_tick(Desk&);
  [[nodiscard]] bool is_under_way(const studio::ShowId&) const;

 private:
  /// A step through the show's own documents. False: there are none left.
  bool take_documents(Desk&);
  /// A step through what it has in the library; at its end only files are left.
  void take_library(Desk&);
  void look(Desk&);
  /// Asks for the files of those that have nothing else; a show without any is done with.
  void take_files(Desk&);

  /// The one that is at work first.
  std::deque<studio::ShowId> ended_;
  /// Of that one; nothing until they were looked for.
  std::optional<std::deque<std::string>> sessions_;
  /// The same. When both are empty, a look tells whether there are more.
  std::deque<std::string> lists_, tracks_;
  /// Those of which the store has nothing more but that their files still go. A disk that holds up
  /// one of them holds up no other.
  std::deque<studio::ShowId> emptied_;
};

}  // namespace shelcaster::control::detail
