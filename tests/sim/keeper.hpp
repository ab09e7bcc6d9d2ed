#pragma once

#include <boost/json.hpp>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "app/keeper/passage.hpp"
#include "app/keeper/show_custody.hpp"
#include "keeper_link.hpp"
#include "publisher.hpp"
#include "show_world.hpp"
#include "sim_disk.hpp"

namespace shelcaster::sim {

/// The keeper of a simulated show: what it holds and its note are production code, its dialling
/// and its watch over mixer and publisher are told here in a few lines.
class Keeper final : private app::CustodyPorts, private app::PassagePorts, private MixerKeeper {
 public:
  Keeper(ShowWorld& world, Publisher& publisher, KeeperLink& link, std::filesystem::path note,
         std::string show_id);

  void start(bool is_resumed);
  /// With all that it holds in memory.
  void die();
  [[nodiscard]] bool is_up() const override { return custody_.has_value(); }
  /// It has the desired state, without which a mixer waits.
  [[nodiscard]] bool is_ready() const { return is_up() && custody_->desired_version() != 0; }
  void tick(base::Instant now);

  SimDisk& disk() { return disk_; }
  /// The note of the keeper before is gone.
  void forget_note() { forgets_note_ = true; }
  /// From now on what it says is in its note never gets there.
  void leave_stale_note() { leaves_stale_note_ = true; }
  /// The items whose end is in a note on disk.
  [[nodiscard]] const std::set<std::string>& ended_for_good() const { return ended_for_good_; }

 private:
  // CustodyPorts
  bool to_mix(const link::KeeperToMix& message) override { return world_.give(message); }
  void to_publish(const link::KeeperToPublish& /*message*/) override {}
  void to_serve(const link::KeeperToServe& message) override;
  void to_serve_or_keep(const link::KeeperToServe& message) override;
  std::uint64_t write_note(const app::ShowNote& note) override;
  // PassagePorts
  bool pass_to_mix(const boost::json::object& frame) override;
  bool pass_to_mix_behind(const boost::json::object& frame) override { return pass_to_mix(frame); }
  void pass_to_serve(const boost::json::object& frame) override;
  void pass_to_serve_if_idle(const boost::json::object& frame) override { pass_to_serve(frame); }
  void refuse(const link::Refuse& refusal) override { to_serve(refusal); }
  // MixerKeeper
  void handle_mixer_started() override;
  void handle_mixer_message(const boost::json::object& frame) override;

  void dial(base::Instant now);
  void store_note();
  void tell_status();
  [[nodiscard]] base::SampleTime head() const { return world_.tape_head(); }

  ShowWorld& world_;
  Publisher& publisher_;
  KeeperLink& link_;
  const std::filesystem::path note_file_;
  std::optional<base::SlotFile> notes_;
  const std::string show_id_;
  SimDisk disk_;
  std::optional<app::ShowCustody> custody_;
  app::Passage passage_{*this};
  std::deque<link::KeeperToServe> kept_;
  std::optional<app::ShowNote> newest_note_;
  std::uint64_t note_number_ = 0;
  base::Instant dials_at_;
  base::Instant status_at_;
  base::Instant checks_at_;
  bool was_mixer_down_ = false;
  bool was_publisher_up_ = false;
  bool forgets_note_ = false;
  bool leaves_stale_note_ = false;
  std::int64_t pid_ = 100;
  std::set<std::string> ended_for_good_;
};

}  // namespace shelcaster::sim
