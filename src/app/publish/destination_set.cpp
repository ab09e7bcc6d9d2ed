#include "app/publish/destination_set.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "base/log.hpp"
#include "runtime/system_clock.hpp"

namespace shelcaster::app {
namespace {

/// As many as the tape keeps.
constexpr std::size_t kMarksKept = 256;

}  // namespace

DestinationSet::DestinationSet(DestinationContext context, std::span<const DestinationKind> kinds)
    : context_(std::move(context)), kinds_(kinds) {}

void DestinationSet::apply(const std::vector<link::OutputTarget>& targets) {
  std::list<Entry> next;
  std::set<std::string_view> ids;
  for (const link::OutputTarget& target : targets) {
    if (!ids.insert(target.id).second) continue;
    const auto same = std::find_if(entries_.begin(), entries_.end(),
                                   [&](const Entry& entry) { return entry.target == target; });
    if (same != entries_.end()) {
      next.splice(next.end(), entries_, same);
    } else {
      next.push_back(make(target));
    }
  }
  for (const Entry& entry : entries_) {
    if (entry.runner) entry.runner->dismiss();
  }
  entries_ = std::move(next);
}

DestinationSet::Entry DestinationSet::make(const link::OutputTarget& target) const {
  Entry entry;
  entry.target = target;
  const auto kind = std::find_if(kinds_.begin(), kinds_.end(), [&](const DestinationKind& one) {
    return one.name == target.kind;
  });
  if (kind == kinds_.end()) {
    entry.problem = "kind";
    entry.refusal = "this version can't send to a destination of this kind";
    return entry;
  }
  entry.kind = &*kind;
  auto made = kind->make(target, context_);
  if (!made) {
    entry.problem = "address";
    entry.refusal = made.error().message;
    return entry;
  }
  entry.runner = std::make_unique<DestinationRunner>(std::string(kind->name), std::move(*made));
  for (const ProgrammeUnit& mark : marks_) entry.runner->push(mark);
  base::log::info("publish", "output {}: {} starts", target.id, kind->name);
  return entry;
}

void DestinationSet::push(const ProgrammeUnit& unit) {
  if (std::holds_alternative<std::shared_ptr<const ProgrammeMark>>(unit)) {
    marks_.push_back(unit);
    if (marks_.size() > kMarksKept) marks_.pop_front();
  }
  const bool is_pcm = std::holds_alternative<std::shared_ptr<const PcmBlock>>(unit);
  for (const Entry& entry : entries_) {
    if (!entry.runner || (is_pcm && !entry.runner->wants_pcm())) continue;
    entry.runner->push(unit);
  }
}

bool DestinationSet::wants_pcm() const {
  return std::any_of(entries_.begin(), entries_.end(),
                     [](const Entry& entry) { return entry.runner && entry.runner->wants_pcm(); });
}

std::optional<base::Duration> DestinationSet::read_period() const {
  std::optional<base::Duration> shortest;
  for (const Entry& entry : entries_) {
    if (!entry.runner || !entry.kind->read_period) continue;
    shortest = std::min(shortest.value_or(*entry.kind->read_period), *entry.kind->read_period);
  }
  return shortest;
}

link::OutputFigures DestinationSet::figures_of(const Entry& entry) {
  link::OutputFigures figures{.id = entry.target.id,
                              .revision = entry.target.revision,
                              .state = "retrying",
                              .problem = entry.problem,
                              .detail = entry.refusal,
                              .sent = {}};
  if (!entry.runner) return figures;
  const DestinationStatus status = entry.runner->status();
  figures.state = status.state;
  figures.problem = status.problem;
  figures.detail = status.detail;
  figures.sent = {.connections = status.connections,
                  .frames_dropped = status.frames_dropped,
                  .delay_ms = status.delay_ms,
                  .bitrate_bps = status.bitrate_bps};
  return figures;
}

std::vector<link::OutputFigures> DestinationSet::figures() const {
  std::vector<link::OutputFigures> figures;
  for (const Entry& entry : entries_) figures.push_back(figures_of(entry));
  return figures;
}

std::string DestinationSet::states() const {
  std::string states;
  for (const Entry& entry : entries_) {
    const link::OutputFigures figures = figures_of(entry);
    states +=
        fmt::format("{} {} {} {}\n", figures.id, figures.revision, figures.state, figures.problem);
  }
  return states;
}

std::vector<link::OutputFigures> DestinationSet::take_news() {
  std::vector<link::OutputFigures> news;
  for (Entry& entry : entries_) {
    link::OutputFigures figures = figures_of(entry);
    const bool is_known = !figures.problem.empty() || figures.state == "live";
    if (!is_known || entry.told_problem == figures.problem) continue;
    entry.told_problem = figures.problem;
    news.push_back(std::move(figures));
  }
  return news;
}

void DestinationSet::finish(base::Duration wait) {
  const base::Instant deadline = runtime::SystemClock::now() + wait;
  for (const Entry& entry : entries_) {
    if (entry.runner) entry.runner->finish();
  }
  for (const Entry& entry : entries_) {
    if (entry.runner && !entry.runner->wait_until_finished(deadline)) {
      base::log::warn("publish", "output {}: it has not come to its end in time", entry.target.id);
    }
  }
}

}  // namespace shelcaster::app
