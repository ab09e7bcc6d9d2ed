#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/log.hpp"
#include "control/detail/core.hpp"
#include "store/documents.hpp"

// How the Core makes things of documents: for its own sources.
namespace shelcaster::control::detail {

/// In order of creation.
template <typename Thing>
std::vector<Thing> by_age(std::vector<Thing> all) {
  std::stable_sort(all.begin(), all.end(),
                   [](const auto& a, const auto& b) { return a.created_at < b.created_at; });
  return all;
}

/// Nothing, and noted, when it can't be read.
template <typename Thing>
std::optional<Thing> Core::parsed(const store::Document& document) {
  std::string problem = document.problem;
  if (problem.empty()) {
    auto thing = store::from_document<Thing>(document.body);
    if (thing) {
      if (!unreadable_.empty()) unreadable_.erase(document.key);
      return std::move(*thing);
    }
    problem = thing.error().message;
  }
  const std::string what = fmt::format(
      "the stored document {}/{}{}{} can't be read: {}", store::name_of(document.key.collection),
      document.key.scope, document.key.scope.empty() ? "" : "/", document.key.id, problem);
  const auto [at, is_new] = unreadable_.insert_or_assign(document.key, what);
  if (is_new) base::log::error("control", "{}", what);
  return std::nullopt;
}

template <typename Thing>
std::optional<Thing> Core::find(const store::Key& key) {
  const auto& document = get(key);
  return document ? parsed<Thing>(*document) : std::nullopt;
}

template <typename Thing>
std::vector<Thing> Core::all(store::Collection collection, const std::string& scope) {
  std::vector<Thing> things;
  for (const store::Document& document : list(collection, scope)) {
    if (auto thing = parsed<Thing>(document)) things.push_back(std::move(*thing));
  }
  return things;
}

}  // namespace shelcaster::control::detail
