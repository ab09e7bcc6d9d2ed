#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/keeper/deck_commands.hpp"
#include "app/keeper/show_note.hpp"
#include "base/time.hpp"
#include "link/messages.hpp"

namespace shelcaster::app {

/// Where a ShowCustody's messages go.
class CustodyPorts {
 public:
  virtual ~CustodyPorts() = default;
  /// False: none runs that could take it.
  virtual bool to_mix(const link::KeeperToMix& message) = 0;
  virtual void to_publish(const link::KeeperToPublish& message) = 0;
  /// While serve is away the message is left out …
  virtual void to_serve(const link::KeeperToServe& message) = 0;
  /// … or waits.
  virtual void to_serve_or_keep(const link::KeeperToServe& message) = 0;
  /// Returns the note's number, for handle_note_written().
  virtual std::uint64_t write_note(const ShowNote& note) = 0;
};

/// What the keeper holds of a show for the processes that come and go: the desired state and the
/// deck for the next mixer, commands until they are settled and noted, and the note for the next
/// keeper. Sans-IO: messages and the time go in, and out through the ports. One owner.
class ShowCustody {
 public:
  /// `note`: of the keeper before this one; an empty one at the show's start.
  ShowCustody(CustodyPorts& ports, ShowNote note);

  /// 0: none yet.
  [[nodiscard]] std::int64_t desired_version() const;
  /// After hello.
  void greet();
  /// But for Stop, which is the keeper's own, and what a Passage takes.
  void handle_serve(link::ServeToKeeper message);

  void handle_mix_started();
  void handle_publish_started();
  /// But for MixStatus, which needs no custody, and what a Passage takes. `head`: of the tape.
  void handle_mix(base::Instant now, base::SampleTime head, link::MixToKeeper message);
  void handle_mix_ended();

  /// This note, or a newer one, is on disk, or can't be written: then at least serve's own state
  /// is.
  void handle_note_written(std::uint64_t number);
  void handle_timeout(base::Instant now, base::SampleTime head);
  std::uint64_t write_note(base::Instant now, base::SampleTime head);

 private:
  void take(link::Desired desired);
  void take(link::Watch watch);
  void desire_of_mix();
  void desire_of_publish();
  void set_deck_hint();
  [[nodiscard]] bool is_note_outdated() const;
  [[nodiscard]] bool is_queued(const link::DeckReport& deck) const;
  void pass_command(const link::Command& command);
  void give_commands();
  void take_ack(base::Instant now, const link::Ack& ack);
  void take_deck(base::Instant now, base::SampleTime head, const link::DeckReport& report);
  void tell_ended(base::Instant now, base::SampleTime head, link::DeckItemEnded ended);
  void acknowledge(base::Instant now, base::SampleTime head, const std::vector<std::string>& ids);
  void note_fallback(const link::DeadAirStarted& started);
  [[nodiscard]] std::optional<link::DeckReport> lasting_deck() const;
  [[nodiscard]] bool deck_moves() const;

  CustodyPorts& ports_;
  std::optional<link::Desired> desired_;
  std::optional<link::Watch> watch_;
  ShowNote note_;
  base::Instant note_due_;
  DeckCommands commands_;
  std::deque<std::pair<std::uint64_t, std::string>> due_acks_;  // number of the note, command id
  std::optional<link::DeckReport> deck_;                        // the last
  /// The deck's before it was started as a fallback, which is nobody's wish: a mixer that knows
  /// nothing of that begins with this one, and finds the silence by itself.
  std::optional<std::string> state_before_fallback_;
  bool is_deck_noted_ = true;      // by the keeper before
  std::int64_t deck_reports_ = 0;  // of all the show's keepers
  bool is_first_end_ = true;       // of an item, that this mixer tells
  std::int64_t deck_head_ = -1;    // of the tape at that time; -1: another mixer's report
};

}  // namespace shelcaster::app
