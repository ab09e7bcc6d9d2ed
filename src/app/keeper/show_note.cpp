#include "app/keeper/show_note.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <utility>

#include "base/log.hpp"
#include "link/messages.hpp"
#include "runtime/thread.hpp"

namespace shelcaster::app {

namespace json = boost::json;
namespace log = base::log;

namespace {

// serve sends what was not acknowledged again; it never has more than a few of these on the way.
constexpr std::size_t kCommandsMax = 256;
constexpr std::size_t kEndedMax = 32;
constexpr std::size_t kBytesMax = std::size_t{1} << 20U;
constexpr std::int64_t kVersion = 1;

}  // namespace

void ShowNote::add_command(std::string id) {
  if (commands.size() == kCommandsMax) commands.pop_front();
  commands.push_back(std::move(id));
}

void ShowNote::add_ended(link::DeckItemEnded message) {
  if (ended.size() == kEndedMax) ended.pop_front();
  ended.push_back(std::move(message));
}

bool ShowNote::has_done(std::string_view command_id) const {
  return std::find(commands.begin(), commands.end(), command_id) != commands.end();
}

std::string write_show_note(const ShowNote& note) {
  json::object out{{"version", kVersion}, {"mediaPort", note.media_port}};
  if (note.deck) out["deck"] = link::to_json(*note.deck);
  out["commands"] = json::array(note.commands.begin(), note.commands.end());
  json::array ended;
  for (const link::DeckItemEnded& end : note.ended) ended.push_back(link::to_json(end));
  out["ended"] = std::move(ended);
  return json::serialize(out) + "\n";
}

base::Result<ShowNote> parse_show_note(std::string_view text) {
  if (text.size() > kBytesMax) return base::fail("the note is too long");
  boost::system::error_code error;
  const json::value value = json::parse({text.data(), text.size()}, error);
  const json::object* in = error ? nullptr : value.if_object();
  const json::value* version = in != nullptr ? in->if_contains("version") : nullptr;
  if (version == nullptr || *version != json::value(kVersion)) {
    return base::fail("the note is damaged, or of another version");
  }
  ShowNote note;
  if (const json::value* port = in->if_contains("mediaPort");
      port != nullptr && port->is_int64() && port->get_int64() > 0 && port->get_int64() <= 65'535) {
    note.media_port = static_cast<std::uint16_t>(port->get_int64());
  }
  if (const json::value* deck = in->if_contains("deck"); deck != nullptr && deck->is_object()) {
    if (auto report = link::parse_kept<link::DeckReport>(deck->get_object())) {
      note.deck = std::move(*report);
    }
  }
  const auto each = [in](const char* name, auto take) {
    const json::value* list = in->if_contains(name);
    if (list == nullptr || !list->is_array()) return;
    for (const json::value& entry : list->get_array()) take(entry);
  };
  each("commands", [&note](const json::value& id) {
    if (id.is_string()) note.add_command(std::string(id.get_string()));
  });
  each("ended", [&note](const json::value& message) {
    if (!message.is_object()) return;
    if (auto end = link::parse_kept<link::DeckItemEnded>(message.get_object())) {
      note.add_ended(std::move(*end));
    }
  });
  return note;
}

base::SlotFile note_file(std::filesystem::path path) {
  return {std::move(path), {.slot_bytes = kBytesMax, .is_synced = true}};
}

NoteKeeper::NoteKeeper(const std::filesystem::path& path,
                       std::function<void(std::uint64_t number)> on_written)
    : path_(path),
      file_(note_file(path)),
      on_written_(std::move(on_written)),
      thread_([this] { run(); }) {}

NoteKeeper::~NoteKeeper() {
  {
    const std::lock_guard lock(mutex_);
    is_over_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

std::optional<ShowNote> NoteKeeper::read(const std::filesystem::path& path) {
  const auto text = note_file(path).read();
  if (!text) return std::nullopt;
  auto note = parse_show_note(*text);
  if (note) return std::move(*note);
  log::warn("keeper", "{}: {}", path.string(), note.error().message);
  return std::nullopt;
}

std::uint64_t NoteKeeper::write(const ShowNote& note) {
  std::string text = write_show_note(note);
  const std::lock_guard lock(mutex_);
  newest_ = std::move(text);
  changed_.notify_all();
  return ++number_;
}

void NoteKeeper::remove() {
  const std::lock_guard lock(mutex_);
  newest_.reset();
  std::error_code ignored;
  std::filesystem::remove(path_, ignored);
}

void NoteKeeper::run() {
  runtime::name_thread("note");
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return newest_ || is_over_; });
    if (is_over_) return;
    const std::string text = *std::exchange(newest_, std::nullopt);
    const std::uint64_t number = number_;
    lock.unlock();
    const bool is_stored = store(text);
    if (is_failing_ == is_stored) {
      is_failing_ = !is_stored;
      if (is_stored) log::info("keeper", "{} can be written again", path_.string());
    }
    on_written_(number);
    lock.lock();
  }
}

bool NoteKeeper::store(const std::string& text) {
  const auto stored = file_.write(text);
  if (!stored && !is_failing_) {
    log::error("keeper",
               "{}: {}: should the whole machine stop now, the deck would begin "
               "again from an older place",
               path_.string(), stored.error().message);
  }
  return stored.has_value();
}

}  // namespace shelcaster::app
