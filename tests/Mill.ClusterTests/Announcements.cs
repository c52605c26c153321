using Xunit.Abstractions;
using Xunit.Sdk;

namespace Mill.ClusterTests;

/// <summary>Says something in the log of every run, and not only where a test fails: seeds and counts.</summary>
public sealed class Announcements(IMessageSink sink)
{
    public void Say(string text) => sink.OnMessage(new DiagnosticMessage(text));
}
