#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "store/store.hpp"

namespace shelcaster::control::detail {

/// Which version of each document one step (a call, a report, a look of the tick) has read. What it
/// read first counts: whatever it has concluded may stand on that, and a later look doesn't mend
/// it.
class ReadVersions {
 public:
  using Versions = std::map<store::Key, std::int64_t>;

  void begin_step() {
    versions_.clear();
    kept_.clear();
    listed_.clear();
  }
  /// 0: it isn't there.
  void note(const store::Key& key, std::int64_t version) {
    if (!find(key)) versions_.insert_or_assign(key, version);
  }
  /// What was read before and is kept at hand counts as read: without a copy of it.
  void note_kept(const std::shared_ptr<const Versions>& versions) {
    if (std::find(kept_.begin(), kept_.end(), versions) == kept_.end()) kept_.push_back(versions);
  }
  /// All of the scope was read: what wasn't noted isn't there.
  void note_listed(store::Collection collection, const std::string& scope) {
    listed_.emplace(collection, scope);
    std::erase_if(versions_, [&](const auto& entry) {
      const auto& [key, version] = entry;
      return !version && key.collection == collection && key.scope == scope;
    });
  }
  /// We have written it ourselves: what was read is past.
  void replace(const store::Key& key, std::int64_t version) {
    versions_.insert_or_assign(key, version);
  }
  /// It has to be read again.
  void forget(const store::Key& key) {
    versions_.insert_or_assign(key, std::nullopt);
    std::erase_if(kept_, [&](const auto& kept) { return kept->contains(key); });
  }
  /// Nothing: the step hasn't read it.
  [[nodiscard]] std::optional<std::int64_t> find(const store::Key& key) const {
    if (const auto found = versions_.find(key); found != versions_.end()) return found->second;
    for (const auto& kept : kept_) {
      if (const auto found = kept->find(key); found != kept->end()) return found->second;
    }
    if (listed_.contains({key.collection, key.scope})) return 0;
    return std::nullopt;
  }

 private:
  std::map<store::Key, std::optional<std::int64_t>> versions_;  // nothing: not known any more
  std::vector<std::shared_ptr<const Versions>> kept_;
  std::set<std::pair<store::Collection, std::string>> listed_;
};

}  // namespace shelcaster::control::detail
