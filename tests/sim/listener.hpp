#pragma once

#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>

#include "base/time.hpp"
#include "tape/tape.hpp"

namespace shelcaster::sim {

/// Listens to what is published from the files alone, as a player does, and compares it with the
/// tape, packet by packet: none is missing, none is there twice, each is what the tape has there,
/// made by an encoder that knew what came before. The list's numbers only rise, and what it names
/// is whole and never changes.
class Listener {
 public:
  using Complain = std::function<void(const std::string& what)>;

  Listener(std::filesystem::path dir, tape::TapeReader tape, Complain complain);

  void look();
  /// The next break in the programme has a reason (a full disk, the end of everything); it must be
  /// marked as one all the same.
  void excuse_break() { is_break_excused_ = true; }

  /// What comes next is of another tape: behind a mark, by another epoch.
  void begin_programme(tape::TapeReader tape);

  [[nodiscard]] std::int64_t segments() const { return next_number_; }
  [[nodiscard]] std::int64_t packets() const { return packets_; }
  [[nodiscard]] std::int64_t breaks() const { return breaks_; }
  /// Where the programme ends in the list.
  [[nodiscard]] base::SampleTime published_until() const { return next_; }
  /// Over every packet.
  [[nodiscard]] std::uint64_t hash() const { return hash_; }

 private:
  struct Listed {
    std::int64_t number = 0;
    std::int64_t start_unix_ms = 0;
    bool is_after_discontinuity = false;
  };
  void listen_to(const Listed& listed);
  bool moves_to_later_tape(std::int64_t start_ms, std::int64_t date_ms);
  void check_packets(base::SampleTime at, std::string_view packets);
  [[nodiscard]] std::uint64_t expected_hash(base::SampleTime at) const;
  void check_unchanged();

  const std::filesystem::path dir_;
  std::deque<tape::TapeReader> tapes_;  // what is listed now is of the first
  const Complain complain_;
  std::int64_t media_sequence_ = 0;
  std::int64_t next_number_ = 0;
  base::SampleTime next_;
  std::int64_t packets_ = 0;
  std::int64_t breaks_ = 0;
  bool is_break_excused_ = false;
  std::uint64_t hash_ = 1;
  std::map<std::int64_t, std::uint64_t> files_;  // of listed segments, as hashes
  std::int64_t looks_ = 0;
};

}  // namespace shelcaster::sim
