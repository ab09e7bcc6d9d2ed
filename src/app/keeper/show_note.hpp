#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "base/result.hpp"
#include "base/slot_file.hpp"
#include "link/reports.hpp"

namespace shelcaster::app {

/// What a keeper leaves on disk for the one after it, should everything end at once: where the show
/// stands that no store knows to the second.
struct ShowNote {
  std::uint16_t media_port = 0;  // 0: none yet
  /// The last deck report, its position brought up to the moment of the note.
  std::optional<link::DeckReport> deck;
  /// Deck commands that this deck has already done, the oldest first.
  std::deque<std::string> commands;
  /// The last ends of items: serve may not have had the time to store them.
  std::deque<link::DeckItemEnded> ended;

  void add_command(std::string id);
  void add_ended(link::DeckItemEnded message);
  [[nodiscard]] bool has_done(std::string_view command_id) const;
};

std::string write_show_note(const ShowNote& note);
base::Result<ShowNote> parse_show_note(std::string_view text);

/// The file of a show's notes; what it has taken survives a power cut.
base::SlotFile note_file(std::filesystem::path path);

/// Keeps the newest note on disk. A thread of its own does the writing, so that a slow or broken
/// disk holds up nothing but the notes.
class NoteKeeper {
 public:
  /// `on_written` tells, on that thread, that the note of this number (or a newer one) would
  /// survive a power cut, or that it couldn't be written.
  NoteKeeper(const std::filesystem::path& path,
             std::function<void(std::uint64_t number)> on_written);
  ~NoteKeeper();
  NoteKeeper(const NoteKeeper&) = delete;
  NoteKeeper& operator=(const NoteKeeper&) = delete;

  /// What the last keeper left; nothing if there is no such file, or none that can be read.
  static std::optional<ShowNote> read(const std::filesystem::path& path);

  /// Returns at once, with the note's number: 1, 2, 3 … One that is overtaken is not written.
  std::uint64_t write(const ShowNote& note);
  /// The show has ended: nothing is left for anybody.
  void remove();

 private:
  void run();
  [[nodiscard]] bool store(const std::string& text);

  const std::filesystem::path path_;
  base::SlotFile file_;  // the thread's
  const std::function<void(std::uint64_t number)> on_written_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::optional<std::string> newest_;
  std::uint64_t number_ = 0;
  bool is_over_ = false;
  bool is_failing_ = false;  // the thread's
  std::thread thread_;
};

}  // namespace shelcaster::app
