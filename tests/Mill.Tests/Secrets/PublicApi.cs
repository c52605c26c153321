using System.Globalization;
using System.Reflection;
using Mill.Client;
using Mill.Extensions;
using Mill.Secrets;
using Mill.Testing.GitHub;

namespace Mill.Tests.Secrets;

/// <summary>What others can compile against, as text.</summary>
internal static class PublicApi
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    /// <summary>What is given to others as a package.</summary>
    public static IReadOnlyDictionary<string, Assembly> Packages { get; } =
        new[] { typeof(SecretValue), typeof(MillClient), typeof(MillSecretsOptions), typeof(FakeGitHub) }.Select(type => type.Assembly).ToDictionary(assembly => assembly.GetName().Name!);

    public static IEnumerable<string> Of(Assembly assembly) =>
        assembly.GetExportedTypes().OrderBy(type => type.FullName, StringComparer.Ordinal).SelectMany(type => Members(type).Order(StringComparer.Ordinal).Prepend(Head(type)));

    private static string Head(Type type) =>
        $"{type} : {string.Join(", ", type.GetInterfaces().Select(implemented => implemented.ToString()).Order(StringComparer.Ordinal).Prepend($"{type.BaseType}"))}{(type.IsSealed ? " sealed" : "")}";

    private static IEnumerable<string> Members(Type type) =>
        type.GetMembers(Declared).Select(Text).OfType<string>().Where(text => !text.Contains('<')).Select(text => "  " + text);

    /// <summary>Null for what is not to be seen, and for what is listed otherwise: properties by their accessors, types by themselves.</summary>
    private static string? Text(MemberInfo member) => member switch
    {
        FieldInfo { IsLiteral: true, IsPublic: true } field => $"{field.FieldType} {field.Name} = {Convert.ToString(field.GetRawConstantValue(), CultureInfo.InvariantCulture)}",
        FieldInfo { IsPublic: true, IsSpecialName: false } field => $"{field.FieldType} {field.Name}",
        MethodBase { IsPublic: true } or MethodBase { IsFamily: true } or MethodBase { IsFamilyOrAssembly: true } => Signature((MethodBase)member),
        _ => null,
    };

    private static string Signature(MethodBase method)
    {
        var parameters = method.GetParameters().Select(parameter => $"{parameter.ParameterType} {parameter.Name}{(parameter.IsOptional ? "?" : "")}");
        return $"{(method.IsStatic ? "static " : "")}{(method as MethodInfo)?.ReturnType} {method.Name}({string.Join(", ", parameters)})";
    }
}
