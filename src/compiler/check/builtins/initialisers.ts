/**
 * @file First values of weights. Named schemes: `he` normal(0, sqrt(2/in)) (He et al. 2015), `lecun` normal(0, sqrt(1/in)) (LeCun et
 * al. 1998), `glorot` uniform(+-sqrt(6/(in + out))) (Glorot and Bengio 2010), `zeros`, `ones`; or a number, or a distribution with
 * constant parameters. `in` and `out` count the inputs and outputs of one unit (fan-in, fan-out).
 */
import { wrongArgument } from '../../diagnostics/catalogue/arguments.ts';
import { DiagnosticError } from '../../diagnostics/diagnostic.ts';
import type { Arguments, ParameterSpec } from '../builtin.ts';
import { describe } from '../describe.ts';
import type { Initializer, Meaning } from '../meaning.ts';
import { anyParameter } from './parameters.ts';

export const initialiserNames: readonly string[] = ['he', 'glorot', 'lecun', 'zeros', 'ones'];

export function initialParameter(fallback: string): ParameterSpec {
  return anyParameter(
    'initial',
    'first value: `he`, `glorot`, `lecun`, `zeros`, `ones`, a number, or a distribution',
    fallback,
    initialiserNames,
  );
}

function constant(offset: number): Initializer {
  return { distribution: 'constant', offset, scale: 0 };
}

function uniform(low: number, high: number): Initializer {
  return { distribution: 'uniform', offset: low, scale: high - low };
}

function namedInitialiser(name: string, fanIn: number, fanOut: number): Initializer | undefined {
  switch (name) {
    case 'he':
      return { distribution: 'normal', offset: 0, scale: Math.sqrt(2 / fanIn) };
    case 'lecun':
      return { distribution: 'normal', offset: 0, scale: Math.sqrt(1 / fanIn) };
    case 'glorot': {
      const limit = Math.sqrt(6 / (fanIn + fanOut));
      return uniform(-limit, limit);
    }
    case 'zeros':
      return constant(0);
    case 'ones':
      return constant(1);
    default:
      return undefined;
  }
}

function numberOf(meaning: Meaning | undefined): number | undefined {
  return meaning?.kind === 'number' ? meaning.value : undefined;
}

function fromMeaning(meaning: Meaning, fanIn: number, fanOut: number): Initializer | undefined {
  if (meaning.kind === 'option') return namedInitialiser(meaning.name, Math.max(fanIn, 1), Math.max(fanOut, 1));
  if (meaning.kind === 'number') return constant(meaning.value);
  if (meaning.kind !== 'distribution') return undefined;
  const parameter = (name: string): number | undefined => numberOf(meaning.parameters.get(name));
  const [mean, deviation, low, high] = [parameter('mean'), parameter('deviation'), parameter('low'), parameter('high')];
  if (meaning.name === 'normal' && mean !== undefined && deviation !== undefined)
    return { distribution: 'normal', offset: mean, scale: deviation };
  if (meaning.name === 'uniform' && low !== undefined && high !== undefined) return uniform(low, high);
  return undefined;
}

/** Reads the argument `initial`. Throws E0355 when it is no scheme, number, or distribution with constant parameters. */
export function readInitialiser(callee: string, values: Arguments, fanIn: number, fanOut: number): Initializer {
  const meaning = values.any('initial');
  const initial = fromMeaning(meaning, fanIn, fanOut);
  if (initial === undefined)
    throw new DiagnosticError(
      wrongArgument(
        callee,
        'initial',
        `${initialiserNames.map((name) => `\`${name}\``).join(', ')}, a number, or \`normal\` or \`uniform\` with constant parameters`,
        describe(meaning),
        values.rangeOf('initial'),
      ),
    );
  return initial;
}
