package analyze

import "simplecap/analyze/result"

// The types of package result under the names that they had here: they go when nothing
// uses them any more.
type (
	Delivery       = result.Delivery
	Field          = result.Field
	FieldOf[T any] = result.FieldOf[T]
	FieldType      = result.FieldType
	Finding        = result.Finding
	Hop            = result.Hop
	MessageSession = result.MessageSession
	Outcome        = result.Outcome
	Peer           = result.Peer
	Quality        = result.Quality
	RTT            = result.RTT
	Receipt        = result.Receipt
	Report         = result.Report
	SIPCounts      = result.SIPCounts
	SessionText    = result.SessionText
	Severity       = result.Severity
	Summary        = result.Summary
	Text           = result.Text
	TextEnd        = result.TextEnd
	TextKind       = result.TextKind
	TextSummary    = result.TextSummary
	Transaction    = result.Transaction
	Verdict        = result.Verdict
	WholeText      = result.WholeText
)

// The same of constants.
const (
	Accepted          = result.Accepted
	AnswerNotReceived = result.AnswerNotReceived
	AnswerNotRelayed  = result.AnswerNotRelayed
	BoolField         = result.BoolField
	Challenged        = result.Challenged
	Delivered         = result.Delivered
	Displayed         = result.Displayed
	DurationField     = result.DurationField
	EndUnknown        = result.EndUnknown
	Error             = result.Error
	FailedText        = result.FailedText
	FramesField       = result.FramesField
	Info              = result.Info
	InstantMessage    = result.InstantMessage
	MillisField       = result.MillisField
	NeverRetried      = result.NeverRetried
	NoAnswer          = result.NoAnswer
	NoReport          = result.NoReport
	NotAsked          = result.NotAsked
	NotForwarded      = result.NotForwarded
	NotReached        = result.NotReached
	NotSent           = result.NotSent
	Note              = result.Note
	Notification      = result.Notification
	NumberField       = result.NumberField
	NumbersField      = result.NumbersField
	Orphan            = result.Orphan
	OtherPeers        = result.OtherPeers
	Pending           = result.Pending
	ReachedEnd        = result.ReachedEnd
	Received          = result.Received
	Redirected        = result.Redirected
	Refused           = result.Refused
	RefusedText       = result.RefusedText
	Rejected          = result.Rejected
	SMSCommand        = result.SMSCommand
	SMSDeliver        = result.SMSDeliver
	SMSStatusReport   = result.SMSStatusReport
	SMSSubmit         = result.SMSSubmit
	SessionMessage    = result.SessionMessage
	Submitted         = result.Submitted
	Success           = result.Success
	TextField         = result.TextField
	TextFieldPrefix   = result.TextFieldPrefix
	TextOther         = result.TextOther
	TextsField        = result.TextsField
	TimeField         = result.TimeField
	Timeout           = result.Timeout
	TypingIndication  = result.TypingIndication
	Unconfirmed       = result.Unconfirmed
	Unknown           = result.Unknown
	Unmatchable       = result.Unmatchable
	Unreachable       = result.Unreachable
	Warning           = result.Warning
)

// The same of functions.
var (
	Fields        = result.Fields
	OutcomeNames  = result.OutcomeNames
	ReceiptKinds  = result.ReceiptKinds
	TextEndNames  = result.TextEndNames
	TextFields    = result.TextFields
	TextKindNames = result.TextKindNames
	VerdictNames  = result.VerdictNames
)
