#include "app/serve/keepers.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <csignal>
#include <utility>

#include "base/log.hpp"
#include "launch/handed_text.hpp"
#include "launch/process_lock.hpp"
#include "launch/stopped_word.hpp"

namespace shelcaster::app {

namespace log = base::log;
namespace json = boost::json;
using studio::ShowId;

namespace {

constexpr int kSettingsFd = 3;  // of a keeper

}  // namespace

base::Result<void> Keepers::listen(Handlers handlers) {
  handlers_ = std::move(handlers);
  auto listener = runtime::FrameListener::listen(
      io_, data_dir_ / "run" / "link.sock", [this](base::UniqueFd fd) { accept(std::move(fd)); });
  if (!listener) return tl::unexpected(listener.error());
  listener_ = std::move(*listener);
  return {};
}

void Keepers::take_words() {
  std::error_code failed;
  std::vector<std::filesystem::path> words;
  for (const auto& entry : std::filesystem::directory_iterator(data_dir_ / "run", failed)) {
    if (entry.path().extension() == ".stopped") words.push_back(entry.path());
  }
  for (const std::filesystem::path& word : words) {
    const ShowId id{word.stem().string()};
    log::info("link", "{}: its keeper has stopped it while serve was away", id.str());
    handlers_.on_message(id, link::Stopped{});
    std::filesystem::remove(word, failed);
  }
}

void Keepers::accept(base::UniqueFd fd) {
  const auto at = strangers_.insert(strangers_.end(), nullptr);
  *at = std::make_unique<runtime::FrameChannel>(
      io_, std::move(fd),
      runtime::FrameChannel::Handlers{
          .on_frame = [this, at](const json::object& frame) { introduce(at, frame); },
          .on_closed = [this, at](std::string_view) { strangers_.erase(at); }});
}

void Keepers::introduce(Strangers::iterator stranger, const json::object& frame) {
  const auto message = inbox_.take(frame);
  const auto* hello = message ? std::get_if<link::Hello>(&*message) : nullptr;
  if (hello == nullptr || hello->pid <= 0) {
    log::warn("link", "a connection didn't begin with a hello: closed");
    strangers_.erase(stranger);
    return;
  }
  const ShowId id{hello->show_id};
  Keeper& keeper = keepers_[id];
  adopt(id, keeper, static_cast<int>(hello->pid));
  keeper.link = std::move(*stranger);
  strangers_.erase(stranger);
  keeper.link->set_handlers(
      {.on_frame = [this, id](const json::object& later) { handle_frame(id, later); },
       .on_closed =
           [this, id](std::string_view reason) {
             log::info("link", "{}: the keeper's link is closed: {}", id.str(), reason);
             keepers_[id].link.reset();
             handlers_.on_link_closed(id);
           }});
  handlers_.on_message(id, *message);
  if (is_stopping_) (void)send(id, link::Stop{});
}

void Keepers::handle_frame(const ShowId& id, const json::object& frame) {
  const auto message = inbox_.take(frame);
  if (!message) return;
  const bool has_stopped = std::holds_alternative<link::Stopped>(*message);
  if (has_stopped) keepers_[id].is_ending = true;
  handlers_.on_message(id, *message);
  std::error_code ignored;
  if (has_stopped) std::filesystem::remove(launch::stopped_word(data_dir_, id.str()), ignored);
}

// A keeper that outlived the serve that launched it is known by its own word; the socket is open to
// this user only.
void Keepers::adopt(const ShowId& id, Keeper& keeper, int pid) {
  if (keeper.process && keeper.process->pid() == pid) return;
  base::UniqueFd pidfd(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!pidfd) return;
  log::info("link", "{}: keeper {} runs", id.str(), pid);
  keeper.process = std::make_unique<launch::Process>(pid, std::move(pidfd));
  watch(id, keeper);
}

bool Keepers::find(const ShowId& id) {
  const auto pid = launch::ProcessLock::holder(data_dir_ / "run" / (id.str() + ".lock"));
  if (!pid) return false;
  Keeper& keeper = keepers_[id];
  adopt(id, keeper, *pid);
  return keeper.process != nullptr;
}

void Keepers::watch(const ShowId& id, Keeper& keeper) {
  keeper.end_watch = std::make_unique<runtime::FdWatch>(io_, keeper.process->pidfd(),
                                                        [this, id] { handle_end(id); });
}

void Keepers::handle_end(const ShowId& id) {
  const auto found = keepers_.find(id);
  const auto exit = found->second.process->poll_exit();
  const std::string detail = exit ? exit->str() : "ended";
  log::info("launch", "{}: keeper {} {}", id.str(), found->second.process->pid(), detail);
  // The link's own end may still hold "stopped": read it out before the exit is told.
  if (found->second.link) {
    boost::asio::post(io_, [this, id, detail] { replace_ended(id, detail); });
    return;
  }
  replace_ended(id, detail);
}

void Keepers::replace_ended(const ShowId& id, const std::string& detail) {
  const std::optional<control::LaunchStage> next = std::move(keepers_[id].next);
  keepers_.erase(id);
  if (!next) return handlers_.on_exit(id, detail);
  if (const auto launched = launch(*next); !launched) {
    handlers_.on_exit(id, launched.error().message);
  }
}

base::Result<void> Keepers::launch(const control::LaunchStage& stage) {
  if (is_stopping_) return {};  // the next serve finds the show as it is, and launches it
  if (const auto found = keepers_.find(stage.show_id);
      found != keepers_.end() && found->second.process && !found->second.process->poll_exit()) {
    // Otherwise it is still there: it dials back.
    if (found->second.is_ending) found->second.next = stage;
    return {};
  }
  // One that was launched by a serve that died just then, and hasn't dialled yet.
  keepers_.erase(stage.show_id);
  if (find(stage.show_id)) return {};
  keepers_.erase(stage.show_id);
  std::error_code ignored;
  std::filesystem::remove(launch::stopped_word(data_dir_, stage.show_id.str()), ignored);
  launch::SpawnOptions options;
  options.program = program_.path();
  options.name = "shelcaster";
  options.arguments = {"compose",          "--show-id",     stage.show_id.str(),        "--data",
                       data_dir_.string(), "--settings-fd", std::to_string(kSettingsFd)};
  if (stage.is_resumed) options.arguments.emplace_back("--resume");
  const auto settings = launch::make_handed_text("settings", to_text(config_));
  if (!settings) return tl::unexpected(settings.error());
  options.fds.push_back({.source = settings->get(), .target = kSettingsFd});
  // A log of its own, since the keeper outlives the terminal that serve writes to.
  const std::filesystem::path log_path = data_dir_ / "log" / (stage.show_id.str() + ".log");
  const base::UniqueFd log_file(
      ::open(log_path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
  if (log_file) {
    options.fds.push_back({.source = log_file.get(), .target = STDOUT_FILENO});
    options.fds.push_back({.source = log_file.get(), .target = STDERR_FILENO});
  }
  options.is_new_session = true;
  auto process = launch::spawn(options);
  if (!process) return tl::unexpected(process.error());
  log::info("launch", "{}: keeper {} started", stage.show_id.str(), process->pid());
  Keeper& keeper = keepers_[stage.show_id];
  keeper.process = std::make_unique<launch::Process>(std::move(*process));
  watch(stage.show_id, keeper);
  return {};
}

void Keepers::kill(const ShowId& id) {
  const auto found = keepers_.find(id);
  // mix and publish die with the keeper.
  if (found == keepers_.end() || !found->second.process) return;
  found->second.is_ending = true;
  found->second.next.reset();
  found->second.process->send_signal(SIGKILL);
}

bool Keepers::send(const ShowId& id, const link::ServeToKeeper& message) {
  const auto found = keepers_.find(id);
  return found != keepers_.end() && found->second.link &&
         found->second.link->send(link::to_json(message));
}

bool Keepers::send_offer(const ShowId& id, const link::ServeToKeeper& message) {
  const auto found = keepers_.find(id);
  return found != keepers_.end() && found->second.link &&
         found->second.link->send(link::to_json(message), runtime::Delivery::kYielding);
}

void Keepers::stop_all() {
  is_stopping_ = true;
  for (const auto& [id, keeper] : keepers_) {
    if (keeper.link) {
      keeper.link->send(link::to_json(link::Stop{}));
    } else if (keeper.process) {
      keeper.process->send_signal(SIGTERM);
    }
  }
}

bool Keepers::is_any_running() const {
  return std::any_of(keepers_.begin(), keepers_.end(),
                     [](const auto& entry) { return entry.second.process != nullptr; });
}

void Keepers::kill_all() {
  for (const auto& [id, keeper] : keepers_) {
    if (keeper.process) keeper.process->send_signal(SIGKILL);
  }
}

}  // namespace shelcaster::app
