#include "control/detail/runners.hpp"

#include <set>
#include <vector>

#include "control/detail/lifecycle.hpp"

namespace shelcaster::control::detail {

using studio::ShowId;
using namespace std::chrono_literals;

namespace {

/// Rings may be lost.
constexpr base::Duration kLookEvery = 5s;

}  // namespace

Runners::Held Runners::find(const ShowId& id) const {
  const auto found = runners_.find(id);
  return found == runners_.end() ? nullptr : found->second;
}

Runners::Held Runners::look(const ShowId& id, Begins begins) {
  const auto show = parts_.core.find_show(id);
  if (!show || !has_runner(*show)) {
    if (runners_.erase(id) > 0) parts_.board.remove(id);
    return nullptr;
  }
  Held& runner = runners_[id];
  if (!runner) runner = std::make_shared<Runner>(parts_, *show, begins);
  const Held held = runner;
  held->look_at_show(*show);
  return held;
}

template <typename Work>
void Runners::with(const ShowId& id, Work work) {
  parts_.core.contained(id.str(), [&] {
    if (const Held runner = find(id)) work(*runner);
  });
}

void Runners::recover() {
  for (const studio::Show& show : parts_.core.shows()) {
    parts_.core.contained(show.id.str(), [&] { (void)look(show.id, Begins::kInTheMiddle); });
  }
}

void Runners::handle_ring(const ShowId& id, Changed what) {
  if (what == Changed::kShow) {
    parts_.core.contained(id.str(), [&] { (void)look(id, Begins::kWithTheShow); });
    return;
  }
  with(id, [&](Runner& runner) {
    if (what == Changed::kWatchers) {
      runner.tell_watching(parts_.core.hub.shows_at_desks().contains(id));
    } else {
      runner.handle_ring(what);
    }
  });
}

void Runners::handle_question(const Question& question) {
  parts_.core.contained(question.show_id.str(), [&] {
    if (const Held runner = find(question.show_id)) return runner->handle_question(question);
    if (!std::holds_alternative<WhenStopped>(question.what)) {
      return parts_.ask.reply(question.id, Unreachable{});
    }
    const auto show = parts_.core.find_show(question.show_id);
    parts_.ask.reply(question.id, show ? Ended{show->status, show->error}
                                       : Ended{studio::ShowStatus::kStopped, {}});
  });
}

void Runners::handle_link(const ShowId& id, const link::KeeperToServe& message) {
  Held runner = find(id);
  const bool is_hello = std::holds_alternative<link::Hello>(message);
  // That one has stopped while nobody listened is told before shows are taken up.
  const bool is_of_any_show = is_hello || std::holds_alternative<link::Stopped>(message);
  if (!runner && is_of_any_show) runner = look(id, Begins::kInTheMiddle);
  if (runner) return runner->handle_link(message);
  // It belongs to a show that was stopped or deleted while its keeper was away.
  if (is_hello) (void)parts_.stages.send(id, link::Stop{});
}

void Runners::handle_link_closed(const ShowId& id) {
  with(id, [](Runner& runner) { runner.handle_link_closed(); });
}

void Runners::handle_stage_exit(const ShowId& id) {
  with(id, [](Runner& runner) { runner.handle_stage_exit(); });
}

void Runners::handle_tick() {
  const base::Instant now = parts_.core.ports.clock.now();
  const bool is_look = !looked_at_ || now - *looked_at_ >= kLookEvery;
  if (is_look) looked_at_ = now;
  const std::set<ShowId> watched = parts_.core.hub.shows_at_desks();
  std::vector<ShowId> ids;
  for (const auto& [id, runner] : runners_) ids.push_back(id);
  for (const ShowId& id : ids) {
    if (is_look) parts_.core.contained(id.str(), [&] { (void)look(id, Begins::kInTheMiddle); });
    with(id, [&](Runner& runner) {
      runner.handle_tick();
      runner.tell_watching(watched.contains(id));
    });
  }
}

}  // namespace shelcaster::control::detail
