#pragma once

#include <boost/json.hpp>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/time.hpp"
#include "control/newest_ids.hpp"
#include "control/session_book.hpp"
#include "link/messages.hpp"
#include "studio/model.hpp"

// What is known of shows that are on the air, or on their way there or off it, and is nobody's
// wish. A show's Runner writes it; Front and Supervisor read it.
namespace shelcaster::control {

/// Of one show: a page whose session was replaced asks soon after, or never.
inline constexpr std::size_t kReplacedMax = 4'096;

/// What is known of one show. Times are WallTime, since whoever reads it may have another clock.
struct LiveShow {
  /// Links that its keepers have made to this Runner: another number, another link.
  std::int64_t link_number = 0;
  bool is_connected = false;  // the keeper's link
  bool is_running = false;    // on this link, mix and publish were both told to run
  std::int64_t keeper_pid = 0;
  /// Why the desired state can't be sent: the mixer goes on with what it was told before. Empty: it
  /// can.
  std::string state_problem;

  boost::json::object status;  // the figures of the keeper's last
  std::optional<base::WallTime> last_heartbeat;
  /// What plays since the programme was silent: "queue", "bed", "nothing" or "" (it isn't); not
  /// known until this keeper or its start says so.
  std::optional<std::string> fallback;

  std::map<studio::ParticipantId, link::SeatReport> seats;
  /// When a person was last known to be there, or to be about to be.
  std::map<studio::ParticipantId, base::WallTime> present_at;
  SessionBook sessions;
  /// WebRTC sessions whose person has another one by now, the newest of them.
  NewestIds replaced{kReplacedMax};

  std::optional<studio::Deck> deck;            // as last reported
  std::optional<studio::QueueItem> deck_item;  // what its item is, once known
  /// Tracks whose items have left the queue while they were being imported.
  std::set<studio::TrackId> left_unready;
};

/// Not thread-safe.
class LiveBoard {
 public:
  virtual ~LiveBoard() = default;
  /// nullptr: nothing is known of it. Good until the show is written the next time.
  [[nodiscard]] virtual const LiveShow* find(const studio::ShowId&) const = 0;
  /// Those of which something is known.
  [[nodiscard]] virtual std::vector<studio::ShowId> shows() const = 0;
  /// By the show's Runner alone. Whoever reads sees the change when this returns.
  virtual void update(const studio::ShowId&, const std::function<void(LiveShow&)>& change) = 0;
  virtual void remove(const studio::ShowId&) = 0;

  /// A person's page has asked how the show is, whether it runs or not. By the Front, and apart
  /// from what Runners write.
  virtual void note_asked(const studio::ShowId&, const studio::ParticipantId&, base::WallTime) = 0;
  /// Nothing: it hasn't lately.
  [[nodiscard]] virtual std::optional<base::WallTime> asked_at(
      const studio::ParticipantId&) const = 0;
  /// Forgets those who asked last at that time or before, and says who they are.
  virtual std::vector<std::pair<studio::ShowId, studio::ParticipantId>> forget_asked(
      base::WallTime until) = 0;
};

/// Where Front, Runners and Supervisor are in one process.
class MemoryBoard final : public LiveBoard {
 public:
  [[nodiscard]] const LiveShow* find(const studio::ShowId& id) const override {
    const auto found = shows_.find(id);
    return found == shows_.end() ? nullptr : &found->second;
  }
  [[nodiscard]] std::vector<studio::ShowId> shows() const override {
    std::vector<studio::ShowId> ids;
    for (const auto& [id, show] : shows_) ids.push_back(id);
    return ids;
  }
  void update(const studio::ShowId& id, const std::function<void(LiveShow&)>& change) override {
    change(shows_[id]);
  }
  void remove(const studio::ShowId& id) override { shows_.erase(id); }
  void note_asked(const studio::ShowId& show, const studio::ParticipantId& person,
                  base::WallTime at) override {
    asked_[person] = {show, at};
  }
  [[nodiscard]] std::optional<base::WallTime> asked_at(
      const studio::ParticipantId& person) const override {
    const auto found = asked_.find(person);
    return found == asked_.end() ? std::nullopt : std::optional(found->second.second);
  }
  std::vector<std::pair<studio::ShowId, studio::ParticipantId>> forget_asked(
      base::WallTime until) override {
    std::vector<std::pair<studio::ShowId, studio::ParticipantId>> gone;
    std::erase_if(asked_, [&](const auto& entry) {
      if (entry.second.second.unix_ms() > until.unix_ms()) return false;
      gone.emplace_back(entry.second.first, entry.first);
      return true;
    });
    return gone;
  }

 private:
  std::map<studio::ShowId, LiveShow> shows_;
  std::map<studio::ParticipantId, std::pair<studio::ShowId, base::WallTime>> asked_;
};

}  // namespace shelcaster::control
