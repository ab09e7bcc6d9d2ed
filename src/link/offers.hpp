#pragma once

#include <string>
#include <string_view>

// Sessions that the mixer offers, to a stage elsewhere: who signals with that stage asks for an
// offer here, takes it there, and brings the answer back.
namespace shelcaster::link {

// To the mixer.
struct MakeOffer {
  static constexpr std::string_view kType = "make_offer";
  std::string request_id;
  std::string session_id;
  std::string participant_id;  // whose seat; empty: nobody's, and the programme is sent
  bool has_microphone = true;  // what comes in is the seat's
  bool has_return = true;      // what the seat hears goes out
};

struct TakeAnswer {
  static constexpr std::string_view kType = "take_answer";
  std::string request_id;
  std::string session_id;
  std::string sdp;
};

/// Addresses that the stage elsewhere told after its answer: a fragment as of trickle ICE (RFC
/// 8840).
struct TakeCandidates {
  static constexpr std::string_view kType = "take_candidates";
  std::string session_id;
  std::string fragment;
};

// Of the mixer. What can't be is answered by Refuse.
struct OfferMade {
  static constexpr std::string_view kType = "offer_made";
  std::string request_id;
  std::string sdp;
};

struct AnswerTaken {
  static constexpr std::string_view kType = "answer_taken";
  std::string request_id;
};

/// One that we offered is over, whoever ended it.
struct SessionClosed {
  static constexpr std::string_view kType = "session_closed";
  std::string session_id;
};

}  // namespace shelcaster::link
