import Link from "next/link";
import type { ComponentProps, ReactNode } from "react";
import { cn } from "./class-names";
import { Spinner } from "./spinner";

type ButtonVariant = "primary" | "secondary" | "ghost" | "danger";
export type ButtonSize = "sm" | "md" | "lg";

type Look = { variant?: ButtonVariant; size?: ButtonSize; icon?: ReactNode };

const variants: Record<ButtonVariant, string> = {
  primary: "border-transparent bg-accent text-on-accent hover:bg-accent-strong",
  secondary: "border-border bg-raised text-text hover:bg-hover",
  ghost: "border-transparent bg-transparent text-text hover:bg-hover",
  danger: "border-transparent bg-danger text-on-danger hover:bg-danger-strong",
};

// On touch every target is at least 40 px high.
const sizes: Record<ButtonSize, string> = {
  sm: "h-7 px-2 text-sm pointer-coarse:h-10 pointer-coarse:px-3",
  md: "h-8 px-3 text-base pointer-coarse:h-10",
  lg: "h-10 px-4 text-lg",
};

export const buttonClass = ({ variant = "secondary", size = "md" }: Look = {}, className?: string) =>
  cn(
    "inline-flex shrink-0 select-none items-center justify-center gap-1.5 whitespace-nowrap rounded-md border font-medium transition-colors [&>svg]:size-4 [&>svg]:shrink-0",
    "disabled:cursor-not-allowed disabled:opacity-50 aria-disabled:cursor-not-allowed aria-disabled:opacity-50",
    variants[variant],
    sizes[size],
    className,
  );

export type ButtonProps = ComponentProps<"button"> & Look & { busy?: boolean };

/** One `primary` a view. While `busy` it keeps its width and focus, and does not submit again. */
export function Button({
  variant,
  size,
  icon,
  busy,
  className,
  children,
  onClick,
  type,
  ...rest
}: ButtonProps) {
  return (
    <button
      type={type ?? "button"}
      className={buttonClass({ variant, size }, className)}
      aria-busy={busy || undefined}
      aria-disabled={busy || undefined}
      onClick={busy ? (event) => event.preventDefault() : onClick}
      {...rest}
    >
      {busy ? <Spinner /> : icon}
      {children}
    </button>
  );
}

export type ButtonLinkProps = ComponentProps<typeof Link> & Look;

export function ButtonLink({ variant, size, icon, className, children, ...rest }: ButtonLinkProps) {
  return (
    <Link className={buttonClass({ variant, size }, className)} {...rest}>
      {icon}
      {children}
    </Link>
  );
}
