#pragma once

#include <deque>
#include <list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "app/publish/destination_kinds.hpp"
#include "app/publish/destination_runner.hpp"
#include "link/messages.hpp"

namespace shelcaster::app {

/// The destinations that the desired state asks for, each on a thread of its own: what one of them
/// does, or doesn't do, is nothing to the others. One owner; nothing here waits but finish().
class DestinationSet {
 public:
  explicit DestinationSet(DestinationContext context,
                          std::span<const DestinationKind> kinds = destination_kinds());

  /// One that is asked for as before goes on undisturbed. Ids are unique: of two targets with the
  /// same one, the first counts.
  void apply(const std::vector<link::OutputTarget>& targets);
  void push(const ProgrammeUnit& unit);
  [[nodiscard]] bool wants_pcm() const;
  /// The shortest that one of them asks for.
  [[nodiscard]] std::optional<base::Duration> read_period() const;

  [[nodiscard]] std::vector<link::OutputFigures> figures() const;
  /// What of them changes seldom, to be compared.
  [[nodiscard]] std::string states() const;

  /// Of those that do well or badly in another way than when this was last asked: that one is
  /// tried again, and fails as before, is no news.
  [[nodiscard]] std::vector<link::OutputFigures> take_news();

  /// All of them at once send what is queued and say goodbye, in at most `wait` together.
  void finish(base::Duration wait);

 private:
  struct Entry {
    link::OutputTarget target;
    const DestinationKind* kind = nullptr;
    std::unique_ptr<DestinationRunner> runner;  // nothing: it can't be tried
    std::string problem;                        // then why, for programs and for people
    std::string refusal;
    std::optional<std::string> told_problem;  // by take_news(); empty: it did well
  };
  [[nodiscard]] Entry make(const link::OutputTarget& target) const;
  static link::OutputFigures figures_of(const Entry& entry);

  const DestinationContext context_;
  const std::span<const DestinationKind> kinds_;
  std::list<Entry> entries_;
  std::deque<ProgrammeUnit> marks_;  // the last ones, for a destination that is new
};

}  // namespace shelcaster::app
