#include "serve.hpp"

#include <stdexcept>
#include <utility>
#include <vector>

#include "witness.hpp"

namespace shelcaster::sim {
namespace {

using std::chrono::milliseconds;
namespace json = boost::json;

constexpr base::Duration kTickPeriod = milliseconds(250);  // as app/serve
constexpr base::Duration kRestart = milliseconds(300);

control::ApiConfig api_config() {
  control::ApiConfig config;
  config.admin_token = "admin-secret";
  config.token_key = std::string(32, 'k');
  return config;
}

}  // namespace

Serve::Serve(ShowWorld& world, KeeperLink& link, std::filesystem::path database, Keepers keepers,
             std::uint64_t seed)
    : world_(world),
      link_(link),
      database_(std::move(database)),
      keepers_(std::move(keepers)),
      random_(seed) {
  start(world.now());
}

void Serve::start(base::Instant now) {
  starts_at_ = base::Instant::never();
  disk_.revive();
  had_link_ = false;
  const SimDisk::Use use(disk_);
  auto opened = store::SqliteStore::open(database_);
  if (!opened) {
    starts_at_ = now + kRestart;
    return;
  }
  on_disk_ = *std::move(opened);
  store_.emplace(*on_disk_);
  api_ = std::make_unique<control::Api>(
      api_config(), control::ApiPorts{*store_, *this, *this, viewers_, processes_, alarms_,
                                      recordings_, show_files_, *this, random_});
  api_->recover();
  link_.listen(true);
  ticks_at_ = now;
}

void Serve::die_after(std::int64_t steps, base::Duration down) {
  down_ = down;
  disk_.die_after(steps);
}

void Serve::kill(base::Duration down) {
  down_ = down;
  disk_.kill();
}

void Serve::die(base::Instant now) {
  ++deaths_;
  witness(now, "serve dies");
  disk_.kill();
  {
    const SimDisk::Use use(disk_);
    api_.reset();
    store_.reset();
    on_disk_.reset();
  }
  link_.listen(false);
  link_.break_off();
  leave_broken();
  disk_.revive();
  starts_at_ = now + down_;
}

void Serve::tick(base::Instant now) {
  if (disk_.is_dead()) die(now);
  if (starts_at_ <= now) start(now);
  if (!is_up()) return;
  {
    const SimDisk::Use use(disk_);
    if (had_link_ && !link_.is_up()) api_->handle_link_closed(studio::ShowId(show_id_));
    had_link_ = link_.is_up();
    take_messages(now);
    if (ticks_at_ <= now && !disk_.is_dead()) {
      ticks_at_ = now + kTickPeriod;
      api_->handle_tick();
    }
  }
  if (disk_.is_dead()) die(now);
}

void Serve::take_messages(base::Instant now) {
  while (!disk_.is_dead()) {
    const auto message = link_.take(now, KeeperLink::To::kServe);
    if (!message) return;
    const auto arrived = link::parse<link::KeeperToServe>(*message);
    if (!arrived) throw std::runtime_error(arrived.error().message);
    api_->handle_link(studio::ShowId(show_id_), arrived->value());
  }
}

std::optional<control::Response> Serve::ask(const std::string& method, const std::string& target,
                                            const std::string& body, const std::string& key) {
  if (!is_up() || disk_.is_dead()) return std::nullopt;
  control::Request request = control::TestWorld::request(method, target, body);
  if (!key.empty()) request.headers.emplace_back("Idempotency-Key", key);
  std::optional<control::Response> response;
  const SimDisk::Use use(disk_);
  api_->handle(std::move(request),
               [&response](control::Response answered) { response = std::move(answered); });
  // What it did after its death, it didn't.
  if (disk_.is_dead()) return std::nullopt;
  witness(world_.now(), "asked",
          fmt::format("{} {} {}: {}", method, target, body, response ? response->status : 0));
  return response;
}

void Serve::claim_seat(const std::string& token) {
  if (!is_up() || disk_.is_dead()) return;
  control::Request request = control::TestWorld::request("POST", "/whip/" + show_id_, "v=0", token);
  request.headers.back() = {"Content-Type", "application/sdp"};
  const SimDisk::Use use(disk_);
  api_->handle(std::move(request), [](control::Response) {});
}

void Serve::handle_keeper_exit() {
  if (!is_up() || disk_.is_dead()) return;
  const SimDisk::Use use(disk_);
  api_->handle_stage_exit(studio::ShowId(show_id_), "killed by signal 9");
}

void Serve::handle_import(const control::ImportProgress& progress) {
  const SimDisk::Use use(disk_);
  api_->handle_import(progress);
}

std::size_t Serve::commands_waiting(const std::string& show_id) {
  const auto waiting = store_->list(store::Collection::kCommands, show_id);
  return waiting ? waiting->size() : 0;
}

base::Result<void> Serve::launch(const control::LaunchStage& stage) {
  if (!disk_.is_dead()) keepers_.launch(stage.is_resumed);
  return {};
}

void Serve::kill(const studio::ShowId&) {
  if (!disk_.is_dead()) keepers_.kill();
}

bool Serve::send(const studio::ShowId&, const link::ServeToKeeper& message) {
  if (disk_.is_dead()) return false;
  return link_.send(world_.now(), KeeperLink::To::kKeeper, link::to_json(message));
}

void Serve::sabotage(ServeSabotage how) {
  sabotage_ = how;
  if (how != ServeSabotage::kLostStore) return;
  std::error_code ignored;
  for (const char* part : {"", "-wal"}) {
    std::filesystem::copy_file(database_.string() + part, database_.string() + ".old" + part,
                               std::filesystem::copy_options::overwrite_existing, ignored);
  }
}

void Serve::leave_broken() {
  std::error_code ignored;
  if (sabotage_ == ServeSabotage::kLostStore) {
    std::filesystem::remove(database_.string() + "-shm", ignored);
    for (const char* part : {"", "-wal"}) {
      std::filesystem::copy_file(database_.string() + ".old" + part, database_.string() + part,
                                 std::filesystem::copy_options::overwrite_existing, ignored);
    }
  }
  auto opened =
      sabotage_ == ServeSabotage::kLostCommands || sabotage_ == ServeSabotage::kLostAnswers
          ? store::SqliteStore::open(database_)
          : base::Result<std::unique_ptr<store::SqliteStore>>(nullptr);
  if (!opened || *opened == nullptr) return;
  if (sabotage_ == ServeSabotage::kLostAnswers) {
    store::Retention nothing;
    nothing.event_bytes_max = INT64_MAX;
    nothing.answers_before = base::WallTime::from_unix_ms(INT64_MAX);
    while ((*opened)->tidy(nothing).value_or(false)) {
    }
    return;
  }
  store::Write write;
  if (const auto waiting = (*opened)->list(store::Collection::kCommands, show_id_)) {
    for (const store::Document& document : *waiting) write.removes.push_back(document.key);
  }
  (void)(*opened)->commit(write);
}

}  // namespace shelcaster::sim
