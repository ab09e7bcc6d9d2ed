#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "store/store.hpp"

namespace shelcaster::store {

/// A store before another one whose disk may be full, read-only or broken: a write that `may_wait`
/// is kept in memory then, is read from there as if it were stored, and goes to the disk in its
/// order as soon as that can be written. Every other write fails as the disk does.
class PatientStore final : public Store {
 public:
  /// `behind` outlives it.
  explicit PatientStore(Store& behind) : behind_(behind) {}

  base::Result<std::optional<Document>> get(const Key&) override;
  base::Result<std::vector<Document>> list(Collection, const std::string& scope) override;
  base::Result<Found> read(const Reading&) override;
  base::Result<std::vector<Document>> page(Collection, const std::string& scope,
                                           const std::string& after, std::size_t limit) override;
  base::Result<std::vector<Version>> versions(Collection, const std::string& scope) override;
  base::Result<std::size_t> count(Collection, const std::string& scope) override;
  base::Result<std::vector<Event>> commit(const Write&) override;
  base::Result<EventPage> events(const EventQuery&) override;
  base::Result<EventRange> event_range(const std::string& show_id) override;
  base::Result<std::optional<Answer>> answer(const std::string& key) override;
  base::Result<bool> tidy(const Retention&) override;
  [[nodiscard]] Waiting waiting() const override { return {waiting_.size(), why_}; }
  [[nodiscard]] std::string danger() const override { return behind_.danger(); }
  void write_waiting() override;

  /// Bounds the memory, in bytes of JSON and some for each write: one that finds no room fails.
  static constexpr std::size_t kBytesMax = std::size_t{64} * 1024 * 1024;
  /// Of one share. So that one show's desk leaves room for the others', and all callers together
  /// leave most of it to the desks.
  static constexpr std::size_t kShareMax = kBytesMax / 4;
  /// The last of it is for shares that hold little, and for what is nobody's in particular: three
  /// busy desks don't keep a fourth show from being stopped.
  static constexpr std::size_t kReserved = kBytesMax / 4;
  static constexpr std::size_t kSmallShareMax = std::size_t{2} * 1024 * 1024;
  /// Of what is nobody's in particular: the rest is for those who command.
  static constexpr std::size_t kNobodysMax = kBytesMax / 2;
  /// Of what waits, in one call.
  static constexpr std::size_t kWrittenAtOnce = 32;

 private:
  base::Result<std::vector<Event>> keep(const Write&, std::size_t bytes);
  [[nodiscard]] bool has_room(const Write&, std::size_t bytes) const;

  struct Kept {
    Write write;
    std::size_t bytes = 0;
  };

  Store& behind_;
  std::deque<Kept> waiting_;
  std::size_t bytes_ = 0;                      // of all of them
  std::map<std::string, std::size_t> shares_;  // how many of these are whose
  std::string why_;                            // the last failure of the store behind
  // As they will be when all that waits is written.
  std::map<Key, std::optional<Document>> documents_;  // nothing: removed
  std::map<std::string, std::vector<Event>> events_;  // by show
  std::map<std::string, Answer> answers_;
};

}  // namespace shelcaster::store
