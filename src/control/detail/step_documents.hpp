#pragma once

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "store/store.hpp"

namespace shelcaster::control::detail {

/// What one step (a call, a report, a look of the tick) has asked of the store, so that it asks for
/// each document once. Until its next write: what others do by that is read anew.
class StepDocuments {
 public:
  void clear() {
    documents_.clear();
    lists_.clear();
  }
  /// Nothing: it hasn't been asked for. Valid until clear(), as what keep() gives.
  [[nodiscard]] const std::optional<store::Document>* find(const store::Key& key) const {
    const auto found = documents_.find(key);
    return found == documents_.end() ? nullptr : &found->second;
  }
  [[nodiscard]] const std::vector<store::Document>* find(const store::Scope& scope) const {
    const auto found = lists_.find(scope);
    return found == lists_.end() ? nullptr : &found->second;
  }
  const std::optional<store::Document>& keep(const store::Key& key,
                                             std::optional<store::Document> document) {
    return documents_.insert_or_assign(key, std::move(document)).first->second;
  }
  const std::vector<store::Document>& keep(const store::Scope& scope,
                                           std::vector<store::Document> documents) {
    return lists_.insert_or_assign(scope, std::move(documents)).first->second;
  }

 private:
  std::map<store::Key, std::optional<store::Document>> documents_;  // nothing: it isn't there
  std::map<store::Scope, std::vector<store::Document>> lists_;
};

}  // namespace shelcaster::control::detail
