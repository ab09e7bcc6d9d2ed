#include "link/messages.hpp"

#include <fmt/format.h>

#include <type_traits>
#include <utility>

#include "base/log.hpp"
#include "link/detail/fields.hpp"

namespace shelcaster::link {
namespace {

namespace json = boost::json;

constexpr std::string_view kTypeField = "type";
/// Of names that are unknown, how many are told and how much of each: nobody floods the log.
constexpr std::size_t kToldMax = 64;
constexpr std::size_t kNameMax = 64;

template <typename Message>
concept HasType = requires {
  Message::kType;
};

template <typename T>
struct IsVariant : std::false_type {};
template <typename... Messages>
struct IsVariant<std::variant<Messages...>> : std::true_type {};

template <typename Message>
json::object with_type(const Message& message) {
  json::object fields = detail::write(message);
  if constexpr (!HasType<Message>) {
    return fields;
  } else {
    json::object out{{kTypeField, Message::kType}};
    for (auto& field : fields) out.emplace(field.key(), std::move(field.value()));
    return out;
  }
}

template <typename Message>
base::Result<Message> read_as(const json::object& in, std::vector<std::string>* unknown) {
  detail::Findings findings;
  Message message;
  {
    detail::Reader reader(in, findings);
    reader.pass(kTypeField);
    detail::read(reader, message);
  }
  std::string_view name = "item";
  if constexpr (HasType<Message>) name = Message::kType;
  if (!findings.bad.empty()) {
    return base::fail(
        fmt::format("link message {}: field '{}' is missing or malformed", name, findings.bad));
  }
  if (unknown == nullptr) return message;
  for (const std::string& field : findings.unknown) {
    unknown->push_back(fmt::format("{}.{}", name, field));
  }
  return message;
}

/// Reads the message as this alternative if it is one.
template <typename Direction, typename Message>
bool try_as(const json::object& in, std::string_view type, std::vector<std::string>* unknown,
            base::Result<std::optional<Direction>>& out) {
  if (type != Message::kType) return false;
  auto message = read_as<Message>(in, unknown);
  if (message) {
    out = std::optional<Direction>(std::move(*message));
  } else {
    out = tl::unexpected(std::move(message.error()));
  }
  return true;
}

template <typename... Messages>
base::Result<std::optional<std::variant<Messages...>>> parse_any(
    const json::object& in, std::vector<std::string>* unknown,
    std::type_identity<std::variant<Messages...>> /*direction*/) {
  using Direction = std::variant<Messages...>;
  base::Result<std::optional<Direction>> out = std::optional<Direction>();
  const std::string_view type = type_of(in);
  const bool is_known = (try_as<Direction, Messages>(in, type, unknown, out) || ...);
  if (!is_known && unknown != nullptr) unknown->emplace_back(type);
  return out;
}

}  // namespace

std::string_view type_of(const json::object& message) {
  const json::value* type = message.if_contains(kTypeField);
  return type != nullptr && type->is_string() ? std::string_view(type->get_string())
                                              : std::string_view();
}

template <typename Message>
json::object to_json(const Message& message) {
  if constexpr (IsVariant<Message>::value) {
    return std::visit([](const auto& one) { return with_type(one); }, message);
  } else {
    return with_type(message);
  }
}

template <typename Direction>
base::Result<std::optional<Direction>> parse(const json::object& message,
                                             std::vector<std::string>* unknown) {
  return parse_any(message, unknown, std::type_identity<Direction>());
}

template <typename Message>
base::Result<Message> parse_kept(const json::object& in) {
  return read_as<Message>(in, nullptr);
}

template <typename Direction>
std::optional<Direction> Inbox<Direction>::take(const json::object& message) {
  std::vector<std::string> unknown;
  auto parsed = parse<Direction>(message, &unknown);
  for (std::string& name : unknown) {
    if (name.size() > kNameMax) name.resize(kNameMax);
    if (told_.size() == kToldMax || !told_.insert(name).second) continue;
    base::log::warn(module_, "{} says '{}', which this version doesn't know: it is left out", from_,
                    name);
  }
  if (parsed) return std::move(*parsed);
  base::log::error(module_, "{}: {}", from_, parsed.error().message);
  return std::nullopt;
}

template json::object to_json(const ServeToKeeper&);
template json::object to_json(const KeeperToMix&);
template json::object to_json(const KeeperToPublish&);
template json::object to_json(const MixToKeeper&);
template json::object to_json(const PublishToKeeper&);
template json::object to_json(const KeeperToServe&);

template base::Result<std::optional<ServeToKeeper>> parse(const json::object&,
                                                          std::vector<std::string>*);
template base::Result<std::optional<KeeperToMix>> parse(const json::object&,
                                                        std::vector<std::string>*);
template base::Result<std::optional<KeeperToPublish>> parse(const json::object&,
                                                            std::vector<std::string>*);
template base::Result<std::optional<MixToKeeper>> parse(const json::object&,
                                                        std::vector<std::string>*);
template base::Result<std::optional<PublishToKeeper>> parse(const json::object&,
                                                            std::vector<std::string>*);
template base::Result<std::optional<KeeperToServe>> parse(const json::object&,
                                                          std::vector<std::string>*);

template class Inbox<ServeToKeeper>;
template class Inbox<KeeperToMix>;
template class Inbox<KeeperToPublish>;
template class Inbox<MixToKeeper>;
template class Inbox<PublishToKeeper>;
template class Inbox<KeeperToServe>;

// Those that are written alone: kept somewhere, or by tests.
template json::object to_json(const QueueItem&);
template json::object to_json(const SeatStats&);
template json::object to_json(const Desired&);
template json::object to_json(const DesiredOutputs&);
template json::object to_json(const Command&);
template json::object to_json(const Offer&);
template json::object to_json(const IceRestart&);
template json::object to_json(const CloseSession&);
template json::object to_json(const MakeOffer&);
template json::object to_json(const TakeAnswer&);
template json::object to_json(const TakeCandidates&);
template json::object to_json(const OfferMade&);
template json::object to_json(const AnswerTaken&);
template json::object to_json(const SessionClosed&);
template json::object to_json(const Watch&);
template json::object to_json(const NewLog&);
template json::object to_json(const Stop&);
template json::object to_json(const Hello&);
template json::object to_json(const Status&);
template json::object to_json(const Stopped&);
template json::object to_json(const Ack&);
template json::object to_json(const Answer&);
template json::object to_json(const Refuse&);
template json::object to_json(const SeatReport&);
template json::object to_json(const Listens&);
template json::object to_json(const Sessions&);
template json::object to_json(const DeckReport&);
template json::object to_json(const DeckItemEnded&);
template json::object to_json(const Levels&);
template json::object to_json(const MixStatus&);
template json::object to_json(const PublishStatus&);
template json::object to_json(const DeadAirStarted&);
template json::object to_json(const DeadAirEnded&);

template base::Result<QueueItem> parse_kept(const json::object&);
template base::Result<Command> parse_kept(const json::object&);
template base::Result<DeckReport> parse_kept(const json::object&);
template base::Result<DeckItemEnded> parse_kept(const json::object&);

}  // namespace shelcaster::link
