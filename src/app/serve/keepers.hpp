#pragma once

#include <boost/asio/io_context.hpp>
#include <filesystem>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "app/config/serve_config.hpp"
#include "control/ports.hpp"
#include "launch/process.hpp"
#include "launch/program.hpp"
#include "link/messages.hpp"
#include "runtime/fd_watch.hpp"
#include "runtime/frame_channel.hpp"

namespace shelcaster::app {

/// The keepers as processes of this machine: launched, known again by their hello after a restart
/// of serve, reached over the Unix socket data/run/link.sock. Control thread only.
class Keepers final : public control::Stages {
 public:
  struct Handlers {
    std::function<void(const studio::ShowId&, const link::KeeperToServe&)> on_message;
    std::function<void(const studio::ShowId&)> on_link_closed;
    std::function<void(const studio::ShowId&, std::string_view detail)> on_exit;
  };

  /// `program` is what a keeper is started from.
  Keepers(boost::asio::io_context& io, const ServeConfig& config, std::filesystem::path data_dir,
          launch::Sibling program)
      : io_(io), config_(config), data_dir_(std::move(data_dir)), program_(std::move(program)) {}

  /// Before anything is launched.
  base::Result<void> listen(Handlers handlers);
  /// What keepers that ended their shows while serve was away have left is told as their message
  /// would have been.
  void take_words();

  base::Result<void> launch(const control::LaunchStage& stage) override;
  bool find(const studio::ShowId& id) override;
  void kill(const studio::ShowId& id) override;
  bool send(const studio::ShowId& id, const link::ServeToKeeper& message) override;
  bool send_offer(const studio::ShowId& id, const link::ServeToKeeper& message) override;

  /// Those that are there, and those that dial back later; none is launched any more.
  void stop_all();
  [[nodiscard]] bool is_any_running() const;
  void kill_all();

 private:
  struct Keeper {
    std::unique_ptr<launch::Process> process;
    std::unique_ptr<runtime::FdWatch> end_watch;
    std::unique_ptr<runtime::FrameChannel> link;
    /// It has said that its show is over, or was killed: only its end is still to come.
    bool is_ending = false;
    /// To be launched when it has ended.
    std::optional<control::LaunchStage> next;
  };
  using Strangers = std::list<std::unique_ptr<runtime::FrameChannel>>;

  void accept(base::UniqueFd fd);
  void introduce(Strangers::iterator stranger, const boost::json::object& frame);
  void adopt(const studio::ShowId& id, Keeper& keeper, int pid);
  void watch(const studio::ShowId& id, Keeper& keeper);
  void handle_frame(const studio::ShowId& id, const boost::json::object& frame);
  void handle_end(const studio::ShowId& id);
  void replace_ended(const studio::ShowId& id, const std::string& detail);

  boost::asio::io_context& io_;
  const ServeConfig& config_;
  const std::filesystem::path data_dir_;
  const launch::Sibling program_;
  Handlers handlers_;
  std::unique_ptr<runtime::FrameListener> listener_;
  Strangers strangers_;  // connected, but no hello yet
  link::Inbox<link::KeeperToServe> inbox_{"link", "a keeper"};
  std::map<studio::ShowId, Keeper> keepers_;
  bool is_stopping_ = false;
};

}  // namespace shelcaster::app
