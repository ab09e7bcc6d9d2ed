#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/random.hpp"
#include "control/api.hpp"
#include "control/test_world.hpp"
#include "keeper_link.hpp"
#include "show_setting.hpp"
#include "show_world.hpp"
#include "sim_disk.hpp"
#include "store/patient_store.hpp"
#include "store/sqlite/sqlite_store.hpp"

namespace shelcaster::sim {

/// What is broken of serve's memory when it dies.
enum class ServeSabotage {
  kNone,
  kLostStore,     // the database is that of a while ago
  kLostCommands,  // commands on their way are no more
  kLostAnswers,   // whoever asks again is taken for somebody else
};

/// The control plane of a simulated show: the production Api on the production store, without HTTP.
class Serve final : private control::Stages, private control::Media, private control::Clock {
 public:
  struct Keepers {
    std::function<void(bool is_resumed)> launch;
    std::function<bool()> is_there;
    std::function<void()> kill;
  };
  Serve(ShowWorld& world, KeeperLink& link, std::filesystem::path database, Keepers keepers,
        std::uint64_t seed);

  void tick(base::Instant now);
  [[nodiscard]] bool is_up() const { return api_ != nullptr; }
  /// Dies at this step of its writing, or at once; another one comes `down` later.
  void die_after(std::int64_t steps, base::Duration down);
  void kill(base::Duration down);
  SimDisk& disk() { return disk_; }
  void sabotage(ServeSabotage how);

  /// As the client sees it: nothing if there was no answer, whatever became of the request.
  std::optional<control::Response> ask(const std::string& method, const std::string& target,
                                       const std::string& body = "", const std::string& key = "");
  /// The person of this token makes an offer of their own: they have a place in the mixer then.
  void claim_seat(const std::string& token);
  void handle_keeper_exit();
  void handle_import(const control::ImportProgress& progress);
  [[nodiscard]] std::int64_t deaths() const { return deaths_; }
  /// Commands that no keeper has acknowledged.
  [[nodiscard]] std::size_t commands_waiting(const std::string& show_id);

  /// From now on messages of the keeper are this show's.
  void set_show(std::string show_id) { show_id_ = std::move(show_id); }

 private:
  // control::Stages
  base::Result<void> launch(const control::LaunchStage& stage) override;
  bool find(const studio::ShowId&) override { return keepers_.is_there(); }
  void kill(const studio::ShowId&) override;
  bool send(const studio::ShowId&, const link::ServeToKeeper& message) override;
  bool send_offer(const studio::ShowId& id, const link::ServeToKeeper& message) override {
    return send(id, message);
  }
  // control::Media
  void start_import(const control::ImportJob&) override {}
  void set_wanted(const studio::TrackId&, control::Wanted) override {}
  [[nodiscard]] std::optional<std::string> upload_name(const std::filesystem::path&,
                                                       std::string_view) override {
    return std::nullopt;
  }
  std::filesystem::path keep_upload(const studio::TrackId&, std::string_view,
                                    const std::filesystem::path& file) override {
    return file;
  }
  [[nodiscard]] std::optional<std::filesystem::path> kept_upload(
      const studio::TrackId&) const override {
    return std::nullopt;
  }
  void drop_lost_uploads() override {}
  void remove_cover(const std::string&) override {}
  [[nodiscard]] base::Result<void> room_for_upload(std::string_view, std::uint64_t) const override {
    return {};
  }
  void cancel_import(const studio::TrackId&) override {}
  [[nodiscard]] std::filesystem::path ready_path(const studio::TrackId&) const override {
    return deck_track();
  }
  void remove(const studio::TrackId&) override {}
  // control::Clock
  [[nodiscard]] base::Instant now() const override { return world_.now(); }
  [[nodiscard]] base::WallTime wall() const override { return world_.wall(); }

  void start(base::Instant now);
  void die(base::Instant now);
  void leave_broken();
  void take_messages(base::Instant now);

  ShowWorld& world_;
  KeeperLink& link_;
  const std::filesystem::path database_;
  const Keepers keepers_;
  SimDisk disk_;
  control::FakeViewers viewers_;
  control::FakeProcesses processes_;
  control::FakeAlarms alarms_;
  control::FakeRecordings recordings_;
  control::FakeShowFiles show_files_;
  base::SeededRandom random_;
  std::string show_id_;
  std::unique_ptr<store::SqliteStore> on_disk_;
  std::optional<store::PatientStore> store_;
  std::unique_ptr<control::Api> api_;
  bool had_link_ = false;
  base::Instant starts_at_;
  base::Instant ticks_at_;
  base::Duration down_{};
  std::int64_t deaths_ = 0;
  ServeSabotage sabotage_ = ServeSabotage::kNone;
};

}  // namespace shelcaster::sim
