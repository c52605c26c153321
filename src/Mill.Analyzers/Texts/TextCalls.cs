using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.Operations;

namespace Mill.Analyzers.Texts;

/// <summary>Methods that make texts of what they are given, and methods that bring it before the eyes of others.</summary>
internal static class TextCalls
{
    /// <summary>They put several values together into one text.</summary>
    public static bool Combines(IMethodSymbol method) => method.ContainingType.FullName() switch
    {
        "string" => method.Name is "Concat" or "Format" or "Join",
        "System.Text.StringBuilder" => method.Name is "AppendFormat" or "AppendJoin",
        _ => false,
    };

    /// <summary>Whatever they are given, they end up asking it for its ToString.</summary>
    public static bool AsksForText(IMethodSymbol method) => method.ContainingType.FullName() switch
    {
        "System.Text.StringBuilder" => method.Name is "Append" or "Insert",
        "System.Convert" => method.Name is "ToString",
        _ => Shows(method) is not null || (IsWrite(method) && IsWriter(method.ContainingType)),
    };

    /// <summary>Logs by whatever library, and scopes of logs.</summary>
    public static bool Logs(IMethodSymbol method) =>
        method.Name is not "CreateLogger" and not "ForContext" && IsLogging(method.ContainingNamespace.FullName()) || HasLoggerMessage(method);

    /// <summary>Where it goes, in words, what others then read; null where it goes nowhere, or nobody can see where: what is behind a writer may be the very place that needs the value.</summary>
    public static string? Shows(IInvocationOperation call) =>
        IsWrite(call.TargetMethod) && IsWriter(call.TargetMethod.ContainingType) ? IsOfConsole(call.Instance) ? "the console" : null : Shows(call.TargetMethod);

    /// <summary>As <see cref="Shows(IInvocationOperation)"/>, of the methods that show whatever they are called on.</summary>
    public static string? Shows(IMethodSymbol method)
    {
        if (Logs(method)) return "a log";
        if (method.MethodKind is MethodKind.Constructor) return IsException(method.ContainingType) ? "the message of an exception" : null;
        return method.ContainingType.FullName() switch
        {
            "System.Console" when IsWrite(method) => "the console",
            "System.Diagnostics.Debug" or "System.Diagnostics.Trace" or "System.Diagnostics.TraceSource" when IsWrite(method) || IsTrace(method) => "a trace",
            "System.Diagnostics.Activity" when method.Name is "AddTag" or "SetTag" or "AddBaggage" or "SetBaggage" or "SetStatus" => "a span",
            _ => null,
        };
    }

    private static bool IsOfConsole(IOperation? writer) => writer?.Unconverted() is IPropertyReferenceOperation { Property: { Name: "Out" or "Error", ContainingType: var type } } && type.FullName() is "System.Console";

    private static bool IsWrite(IMethodSymbol method) => method.Name.StartsWith("Write", StringComparison.Ordinal);

    private static bool IsTrace(IMethodSymbol method) => method.Name.StartsWith("Trace", StringComparison.Ordinal) || method.Name is "Fail" or "Print";

    private static bool IsLogging(string name) => name is "Microsoft.Extensions.Logging" or "Serilog" or "NLog" or "log4net";

    private static bool HasLoggerMessage(IMethodSymbol method)
    {
        foreach (var attribute in method.GetAttributes())
        {
            if (attribute.AttributeClass?.FullName() is "Microsoft.Extensions.Logging.LoggerMessageAttribute") return true;
        }
        return false;
    }

    private static bool IsException(ITypeSymbol type) => Is(type, "System.Exception");

    private static bool IsWriter(ITypeSymbol type) => Is(type, "System.IO.TextWriter");

    private static bool Is(ITypeSymbol? type, string name)
    {
        for (; type is not null; type = type.BaseType)
        {
            if (type.FullName() == name) return true;
        }
        return false;
    }
}
